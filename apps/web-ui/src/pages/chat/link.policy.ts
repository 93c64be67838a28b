const ALLOWED = new Set(['http:', 'https:', 'mailto:']);

/** The address of a link in an answer as it may be followed; undefined for one that a model must not set. */
export function linkTarget(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  return ALLOWED.has(url.protocol) ? url.href : undefined;
}
