import type { TokenLogprob } from '@local-llm-agent/contracts';
import { fieldsOf, listOf } from './fields.parse.js';

/** Go writes this in place of each byte that is not UTF-8, so one stands for one byte of a token. */
const LOST = '\uFFFD';
const LOST_BYTES = Buffer.from(LOST);

type Candidate = TokenLogprob['top_logprobs'][number];

/** The bytes of a token; null where its text has lost some. */
function bytesOf(token: string): number[] | null {
  return token.includes(LOST) ? null : [...Buffer.from(token)];
}

function toCandidate(value: unknown): Candidate | undefined {
  const fields = fieldsOf(value);
  const token = fields?.token;
  const logprob = fields?.logprob;
  return typeof token === 'string' && typeof logprob === 'number'
    ? { token, logprob, bytes: bytesOf(token) }
    : undefined;
}

/** The log-probabilities of one line of an answer, in OpenAI's shape. */
export function toTokens(logprobs: unknown): readonly TokenLogprob[] {
  return listOf(logprobs).flatMap((entry) => {
    const chosen = toCandidate(entry);
    if (chosen === undefined) return [];
    const top = listOf(fieldsOf(entry)?.top_logprobs).map(toCandidate);
    return [{ ...chosen, top_logprobs: top.filter((candidate) => candidate !== undefined) }];
  });
}

/** The bytes of `text` from `at` on that a token stands for; undefined when it does not stand there. */
function match(token: string, text: Buffer, at: number): number | undefined {
  let end = at;
  for (const character of token) {
    if (end >= text.length) return end;
    const bytes = character === LOST ? LOST_BYTES : Buffer.from(character);
    const same = text.subarray(end, end + bytes.length).equals(bytes);
    if (same) end += bytes.length;
    else if (character === LOST) end += 1;
    // What a stop text cut off is missing at the end only.
    else
      return text.length - end < bytes.length && bytes.subarray(0, text.length - end).equals(text.subarray(end))
        ? text.length
        : undefined;
  }
  return end;
}

/** Where each token ends in the text, when the text begins with the first of them. */
function ends(tokens: readonly TokenLogprob[], text: Buffer): readonly number[] | undefined {
  const found: number[] = [];
  let at = 0;
  for (const { token } of tokens) {
    if (at >= text.length) break;
    const end = match(token, text, at);
    if (end === undefined) return undefined;
    found.push(end);
    at = end;
  }
  return at === text.length ? found : undefined;
}

/** How many bytes at the end of `bytes` begin a character that is not complete. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Tokens with the bytes they have in the text. A character in pieces is the text of the token that completes it. */
function cutTo(text: Buffer, tokens: readonly TokenLogprob[], limits: readonly number[]): readonly TokenLogprob[] {
  let start = 0;
  let told = 0;
  return limits.flatMap((end, index) => {
    const token = tokens[index];
    if (token === undefined) return [];
    const bytes = [...text.subarray(start, end)];
    const whole = end - incompleteTail(text.subarray(told, end));
    const shown = text.toString('utf8', told, whole);
    start = end;
    told = whole;
    return [{ ...token, token: shown, bytes }];
  });
}

/**
 * The tokens that `content` is made of, and those left over. Ollama tells of tokens that are no part of the content: of
 * thoughts and tags before it, of a stop text behind it; and it has lost the bytes of characters in pieces. The texts of
 * the tokens given back are the content when put together. Where none fit they are given as they came.
 */
export function alignTokens(
  content: string,
  tokens: readonly TokenLogprob[],
): { readonly used: readonly TokenLogprob[]; readonly left: readonly TokenLogprob[] } {
  if (tokens.length === 1 && tokens[0]?.token === content && tokens[0].bytes !== null)
    return { used: tokens, left: [] };
  const text = Buffer.from(content);
  for (let first = 0; first < tokens.length; first += 1) {
    const rest = tokens.slice(first);
    const limits = ends(rest, text);
    if (limits === undefined) continue;
    return { used: cutTo(text, rest, limits), left: rest.slice(limits.length) };
  }
  return { used: tokens, left: [] };
}
