import { partsOf, type Parser } from './settings.parse.js';

/**
 * Whether an address in front of us is a proxy of ours, whose word on who asked it counts. `hop` is 0 for who opened
 * the connection, 1 for who asked that one, and so on.
 */
export type TrustProxy = (address: string, hop: number) => boolean;

const BITS = 128n;
const BITS_4 = 32n;
/** IPv4 as it is written within IPv6. */
const MAPPED = 0xffffn << BITS_4;
const MOST_HOPS = 32;

function bitsOf4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** The address as 128 bits, IPv4 mapped; undefined for what is no address. */
function bitsOf(text: string): bigint | undefined {
  const four = bitsOf4(text);
  if (four !== undefined) return MAPPED | four;
  const url = `http://[${text}]/`;
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(url)) return undefined;
  // Written out by the parser: groups of hexadecimal digits, with at most one gap.
  const [left = '', right] = new URL(url).hostname.slice(1, -1).split('::');
  const groups = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const gap = Array<string>(right === undefined ? 0 : 8 - groups(left).length - groups(right).length).fill('0');
  return [...groups(left), ...gap, ...groups(right)].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function parseNetwork(text: string): (bits: bigint) => boolean {
  const [address = '', length, ...more] = text.split('/');
  const bits = bitsOf(address);
  const most = bitsOf4(address) === undefined ? BITS : BITS_4;
  const given = length === undefined ? most : /^\d{1,3}$/.test(length) ? BigInt(length) : -1n;
  if (bits === undefined || more.length > 0 || given < 0n || given > most)
    throw new Error('must be off, a number of proxies, or addresses and networks such as 10.0.0.0/8,fd00::/8');
  const shift = most - given;
  return (other) => other >> shift === bits >> shift;
}

/** `off`, the number of proxies in front of us, or their addresses and networks; undefined when off. */
export const parseTrustProxy: Parser<TrustProxy | undefined> = (text) => {
  if (/^(?:|off|no|false|0)$/i.test(text)) return undefined;
  if (/^\d+$/.test(text)) {
    const hops = Number(text);
    if (hops > MOST_HOPS) throw new Error(`must be at most ${MOST_HOPS} proxies`);
    return (_address, hop) => hop < hops;
  }
  const networks = partsOf(text).map(parseNetwork);
  return (address) => {
    const bits = bitsOf(address);
    return bits !== undefined && networks.some((holds) => holds(bits));
  };
};

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?$/;

/** Names of hosts separated by commas, in lower case, or `*` alone; none when empty. */
export const parseHostNames: Parser<readonly string[]> = (text) => {
  if (text === '') return [];
  const names = partsOf(text.toLowerCase());
  if (names.length === 1 && names[0] === '*') return names;
  if (!names.every((name) => HOST_NAME.test(name) || bitsOf(name.replace(/^\[(.*)\]$/, '$1')) !== undefined))
    throw new Error('must be names without scheme and port such as llm.example.com, separated by commas, or * alone');
  return names.map((name) => (name.includes(':') && !name.startsWith('[') ? `[${name}]` : name));
};

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*]+$/;

/** Origins of web pages separated by commas, in lower case, or `*` alone; none when empty. */
export const parseOrigins: Parser<readonly string[]> = (text) => {
  if (text === '') return [];
  const origins = partsOf(text.toLowerCase());
  if (origins.length === 1 && origins[0] === '*') return origins;
  if (!origins.every((origin) => ORIGIN.test(origin)))
    throw new Error(
      'must be origins such as https://chat.example.com, without a path, separated by commas, or * alone',
    );
  return origins;
};
