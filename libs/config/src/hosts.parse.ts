import { parseBytes, parseUrl, partsOf, type Parser } from './settings.parse.js';

/** A machine that runs models. */
export interface ModelHost {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** Bytes it has for models, where the setting says so. */
  readonly memoryBytes: number | undefined;
}

/** Kinds of runtimes that can be used side by side. */
export const RUNTIME_KINDS = ['ollama', 'embedded', 'openai'] as const;

/** A kind of runtime. */
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];

const OLLAMA_PORT = '11434';

function unique<T>(values: readonly T[], nameOf: (value: T) => string): readonly T[] {
  const names = values.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`names ${twice.replace(/\/\/[^/@]*@/, '//')} twice`);
  return values;
}

/** Ollama's own notation (`host`, `host:port`, `http://host:port`). 0.0.0.0 is read as loopback. */
function toOllamaUrl(text: string): string {
  const hasScheme = /^https?:\/\//.test(text);
  const full = hasScheme ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new Error('must be host:port or an http address; several are separated by commas');
  const url = new URL(full);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (!hasScheme && url.port === '' && !/:\d+$/.test(text.replace(/\/.*$/, ''))) url.port = OLLAMA_PORT;
  return url.href.replace(/\/+$/, '');
}

/** Addresses of Ollama, each with the memory for its models behind an equals sign if need be: `gpu1=48GiB,gpu2:11435`. */
export const parseHosts: Parser<readonly ModelHost[]> = (text) => {
  const hosts = partsOf(text).map((part): ModelHost => {
    const [address = '', memory, ...more] = part.split('=');
    if (memory === '' || more.length > 0) throw new Error('must have a size such as 48GiB behind the equals sign');
    return { url: toOllamaUrl(address.trim()), memoryBytes: parseBytes(memory?.trim() ?? '') };
  });
  return unique(hosts, ({ url }) => url);
};

/** http or https addresses, separated by commas. */
export const parseUrls: Parser<readonly string[]> = (text) => unique(partsOf(text).map(parseUrl), (url) => url);

/** `auto` alone, or kinds of runtimes separated by commas. */
export const parseRuntimes: Parser<'auto' | readonly RuntimeKind[]> = (text) => {
  if (text === 'auto') return 'auto';
  const kinds = partsOf(text).map((part) => {
    const kind = RUNTIME_KINDS.find((each) => each === part);
    if (kind === undefined) throw new Error(`must be auto, or one or more of ${RUNTIME_KINDS.join(', ')}`);
    return kind;
  });
  return unique(kinds, (kind) => kind);
};
