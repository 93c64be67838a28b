/** What stands in the built page where each answer has a number of its own. */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__';

/** Whether a client would rather see a page than read JSON: browsers name `text/html`, programs do not. */
export function wantsPage(accept: string | undefined): boolean {
  return accept !== undefined && /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(accept);
}

/**
 * What the page may do: run and draw what comes from this gateway, ask this gateway, and nothing else. Scripts and styles
 * in the document itself need the nonce (https://www.w3.org/TR/CSP3/).
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** How a file of the page may be compressed. */
export type PageEncoding = 'br' | 'gzip';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The media type of a file of the page by its name; undefined for what is not sent by its own name. */
export function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)];
}

/** The shortest encoding that there is and that the client takes, by what it says in Accept-Encoding; undefined: none. */
export function acceptedEncoding(
  header: string | string[] | undefined,
  there: (encoding: PageEncoding) => boolean,
): PageEncoding | undefined {
  const taken = String(header ?? '')
    .split(',')
    .filter((each) => !/;\s*q=0(?:\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*/, '').trim().toLowerCase());
  return (['br', 'gzip'] as const).find((encoding) => taken.includes(encoding) && there(encoding));
}
