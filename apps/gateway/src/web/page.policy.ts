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
