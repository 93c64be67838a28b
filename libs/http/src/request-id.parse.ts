/** Longest id that is taken from a client. */
const LONGEST = 128;

/** Printable ASCII without spaces, quotes and separators that could forge log lines or headers. */
const SANE = /^[\w.:/+=@~-]+$/;

/** The client's id when it is sane (bounded, printable), else undefined. */
export function parseRequestId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length === 0 || header.length > LONGEST) return undefined;
  return SANE.test(header) ? header : undefined;
}
