import { estimateTextTokens } from '../../admission/token.estimate.js';

/** Where a text may be split, the best places first: after a paragraph, a line, a sentence, a word, some letters. */
const BORDERS: readonly ((text: string) => string[])[] = [
  (text) => text.split(/(?<=\n[ \t]*\n)(?=\S)/),
  (text) => text.split(/(?<=\n)/),
  (text) => text.split(/(?<=[.!?]["')\]]?\s)|(?<=[。！？])/u),
  (text) => text.split(/(?<=\s)/),
  (text) => text.match(/[^]{1,7}/gu) ?? [],
  (text) => text.match(/[^]/gu) ?? [],
];

/** The pieces between two borders of this kind, none of them longer than the budget. */
function cut(text: string, mostTokens: number, border: number): string[] {
  const split = BORDERS[border];
  if (split === undefined || estimateTextTokens(text) <= mostTokens) return [text];
  const units = split(text).flatMap((unit) => cut(unit, mostTokens, border + 1));
  return pack(units, mostTokens);
}

/** Neighbours together, as long as they stay within the budget. */
function pack(units: readonly string[], mostTokens: number): string[] {
  const pieces: string[] = [];
  let current: string[] = [];
  let tokens = 0;
  for (const unit of units) {
    const more = estimateTextTokens(unit);
    if (current.length > 0 && tokens + more > mostTokens) {
      pieces.push(...joined(current, mostTokens));
      current = [];
      tokens = 0;
    }
    current.push(unit);
    tokens += more;
  }
  if (current.length > 0) pieces.push(...joined(current, mostTokens));
  return pieces;
}

/** The units as one piece. A whole may be estimated somewhat higher than its parts together: then as two pieces. */
function joined(units: readonly string[], mostTokens: number): string[] {
  const piece = units.join('');
  if (units.length === 1 || estimateTextTokens(piece) <= mostTokens) return [piece];
  const half = Math.ceil(units.length / 2);
  return [...joined(units.slice(0, half), mostTokens), ...joined(units.slice(half), mostTokens)];
}

/**
 * The text in pieces of at most this many (estimated) tokens, split at paragraphs where that is possible, else at
 * lines, sentences, words, characters. The pieces together are the text, letter for letter.
 */
export function splitText(text: string, mostTokens: number): string[] {
  return cut(text, mostTokens, 0);
}
