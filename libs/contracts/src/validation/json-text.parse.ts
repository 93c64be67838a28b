/** Deepest nesting of a body. Real JSON schemas need about 20 levels; anything deeper is a mistake or an attack. */
export const MOST_DEPTH = 64;

/** What one look over a JSON text tells. The text may be malformed: then only `depth` means something. */
interface Outline {
  /** Deepest nesting; the look ends where it passes {@link MOST_DEPTH}. */
  readonly depth: number;
  /** Members of all objects, those with the same name in one object included. */
  readonly members: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Texts up to this length are looked through here: a call of `indexOf` costs more than that. */
const SHORT = 24;

/** Where the text that begins after the quote at `open` ends: the place of its closing quote, or the end. */
export function endOfText(json: string, open: number): number {
  let at = open + 1;
  for (const short = Math.min(at + SHORT, json.length); at < short; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  for (;;) {
    const quote = json.indexOf('"', at);
    if (quote < 0) return json.length;
    let before = quote - 1;
    // Not before `at`: what lies there has been read, an escape included.
    while (before >= at && json.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 1) return quote;
    at = quote + 1;
  }
}

/** Counts levels and members of a JSON text without reading its values. */
export function outlineOf(json: string): Outline {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(json, at);
        break;
      case COLON:
        members += 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > deepest) deepest = depth;
        if (depth > MOST_DEPTH) return { depth, members };
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      default:
    }
  }
  return { depth: deepest, members };
}
