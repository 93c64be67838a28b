/** What a browser says of the page that asks; the values of headers. */
export interface Page {
  readonly origin: string;
  /** `Host`: where the page thinks it asks. */
  readonly host: string | undefined;
  /** `Sec-Fetch-Site`: how the browser sees both; no page can forge it. */
  readonly site: string | undefined;
}

/** An origin of the web, and where it is. */
const WEB = /^https?:\/\/(.+)$/i;

/**
 * Whether the page is one of our own. Behind a proxy that puts a host of its own into `Host` only the browser can tell,
 * and it does so where the page came by https or from this machine.
 */
export function isOwnPage({ origin, host, site }: Page): boolean {
  if (site === 'same-origin') return true;
  return host !== undefined && WEB.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase();
}

/** Whether pages of this origin may use the service. @param allowed in lower case; `*` for all */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  // `null` is any sandboxed frame and any local file: nobody in particular.
  return allowed.includes('*') || (origin !== 'null' && allowed.includes(origin.toLowerCase()));
}

/** Headers of answers that pages may read, besides those that they always may. */
const EXPOSED = [
  'x-request-id',
  'x-latency-ms',
  'x-tier',
  'x-fallback-from',
  'x-cache',
  'x-omitted-tools',
  'retry-after',
  'request-id',
  'mcp-session-id',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
].join(', ');

/**
 * Headers of every answer to a page that is allowed. Credentials of the browser are never asked for: a key comes in a
 * header, which a page must have itself.
 */
export function corsHeaders(origin: string, allowed: readonly string[]): Readonly<Record<string, string>> {
  return allowed.includes('*')
    ? { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED }
    : { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'Origin' };
}

const METHODS = 'GET, HEAD, POST, PATCH, DELETE';
/** Names of headers, separated by commas. */
const NAMES = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/;
const LONGEST_NAMES = 4096;
/** Seconds that a browser may remember the answer. */
const MAX_AGE = '600';

/** Answer to the question that a browser asks before a request: every method of ours, and the headers it names. */
export function preflightHeaders(wanted: {
  readonly headers: string | undefined;
  readonly privateNetwork: boolean;
}): Readonly<Record<string, string>> {
  const { headers = '', privateNetwork } = wanted;
  return {
    'access-control-allow-methods': METHODS,
    'access-control-max-age': MAX_AGE,
    ...(headers.length <= LONGEST_NAMES && NAMES.test(headers) ? { 'access-control-allow-headers': headers } : {}),
    ...(privateNetwork ? { 'access-control-allow-private-network': 'true' } : {}),
  };
}
