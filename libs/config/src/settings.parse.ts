/** Turns the text of a setting into its value; throws an Error whose message continues "NAME ...". */
export type Parser<T> = (text: string) => T;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** The parts of a list between its commas. Throws where a comma has nothing beside it. */
export function partsOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new Error('has a comma with nothing beside it');
  return parts;
}

/** Any text. */
export const parseText: Parser<string> = (text) => text;

/** A whole number within the bounds. */
export const parseInteger =
  (least: number, most: number): Parser<number> =>
  (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new Error(`must be a whole number from ${least} to ${most}`);
    return value;
  };

/** on/off, true/false, 1/0, yes/no. */
export const parseBoolean: Parser<boolean> = (text) => {
  const word = text.toLowerCase();
  if (['on', 'true', '1', 'yes'].includes(word)) return true;
  if (['off', 'false', '0', 'no'].includes(word)) return false;
  throw new Error('must be on or off');
};

/** One of the words. */
export const parseChoice =
  <const T extends string>(...choices: readonly T[]): Parser<T> =>
  (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return found;
  };

/** Bytes with an optional unit (`512MiB`, `16GB`, `16G`); undefined when empty. */
export const parseBytes: Parser<number | undefined> = (text) => {
  if (text === '') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = UNITS[(match?.[2] ?? '?').toLowerCase()];
  if (!match || factor === undefined) throw new Error('must be a size such as 512MiB or 16GiB');
  return Math.round(Number(match[1]) * factor);
};

/** The same, but not empty. */
export const parseSize: Parser<number> = (text) => {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new Error('must be a size such as 512MiB');
  return bytes;
};

/** Ports separated by commas. */
export const parsePorts: Parser<readonly number[]> = (text) => {
  const port = parseInteger(1, 65_535);
  const ports = text.split(',').map((part) => {
    try {
      return port(part.trim());
    } catch {
      throw new Error('must be ports from 1 to 65535, separated by commas');
    }
  });
  if (new Set(ports).size !== ports.length) throw new Error('names a port twice');
  return ports;
};

/** An http or https address without a trailing slash. */
export const parseUrl: Parser<string> = (text) => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Error('must be an http or https address such as http://127.0.0.1:3161');
  return text.replace(/\/+$/, '');
};

/** A redis or rediss address, which may carry a password; undefined when empty. */
export const parseRedisUrl: Parser<string | undefined> = (text) => {
  if (text === '') return undefined;
  if (!URL.canParse(text) || !/^rediss?:$/.test(new URL(text).protocol))
    throw new Error('must be an address such as redis://127.0.0.1:6379');
  return text;
};

/** A postgres or postgresql address, which may carry a password; undefined when empty. */
export const parsePostgresUrl: Parser<string | undefined> = (text) => {
  if (text === '') return undefined;
  if (!URL.canParse(text) || !/^postgres(?:ql)?:$/.test(new URL(text).protocol))
    throw new Error('must be an address such as postgres://user:password@127.0.0.1:5432/database');
  return text;
};

const SHORTEST_SECRET = 24;

/** A secret that is long enough not to be guessed; undefined when empty. */
export const parseSecret: Parser<string | undefined> = (text) => {
  if (text === '') return undefined;
  if (text.length < SHORTEST_SECRET || !/^[\x21-\x7e]+$/.test(text))
    throw new Error(
      `must have at least ${SHORTEST_SECRET} letters, digits and marks without spaces, such as openssl rand -hex 32 makes`,
    );
  return text;
};
