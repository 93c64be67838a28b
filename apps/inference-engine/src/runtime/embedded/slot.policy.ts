/** A slot as far as the choice needs it. */
export interface SlotView {
  /** Tokens in its cache. */
  readonly tokens: readonly number[];
  /** How many of them, from the first on, were evaluated in whole chunks. See {@link chooseSlot}. */
  readonly evenTokens: number;
  /** Grows with each use; 0 = never used. */
  readonly usedAt: number;
}

/** The slot to use, and how much of its cache serves the prompt. */
export interface SlotChoice {
  readonly index: number;
  readonly keep: number;
}

/** What a prompt asks of a slot. */
export interface SlotRequest {
  readonly prompt: readonly number[];
  readonly chunk: number;
  /** The same request must give the same answer (a seed is given, or temperature is 0). */
  readonly reproducible: boolean;
}

/** Bytes of weights times tokens that one thread works through in about a quarter of a second; measured. */
const WORK_PER_THREAD = 4e9;
const LEAST_CHUNK = 4;
const MOST_CHUNK = 128;
/** Attention over this many tokens costs a small model as much as its weights do, so chunks get smaller from here. */
const DEEP = 2048;

/**
 * Tokens at the beginning of a prompt that are evaluated in one go, a power of two. A native evaluation cannot be
 * interrupted, so its length is the time that a cancelled request still holds its slot; without flash attention larger
 * chunks were measured to be hardly faster. Depends only on the model and the threads, so that the same prompt is
 * always cut at the same places.
 */
export function chunkTokens(weightsBytes: number, threads: number): number {
  const wanted = (WORK_PER_THREAD * threads) / Math.max(1, weightsBytes);
  return Math.min(MOST_CHUNK, Math.max(LEAST_CHUNK, 2 ** Math.floor(Math.log2(wanted))));
}

function chunkAt(position: number, chunk: number): number {
  if (position < DEEP) return chunk;
  return Math.max(LEAST_CHUNK, position < 2 * DEEP ? chunk / 2 : chunk / 4);
}

/** The last place up to `position` where a prompt is cut. */
export function chunkStart(position: number, chunk: number): number {
  return position - (position % chunkAt(position, chunk));
}

/** The first place after `position` where a prompt is cut. */
export function chunkEnd(position: number, chunk: number): number {
  return chunkStart(position, chunk) + chunkAt(position, chunk);
}

/** Number of tokens with which both lists begin. */
export function sharedPrefix(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

/**
 * Picks the free slot whose cache holds the longest beginning of the prompt, else the one unused for longest.
 * The last token is never taken from the cache, because its evaluation gives the first token of the answer.
 *
 * Evaluating a token alone or among others gives numbers that differ in their last bits, which can change an answer.
 * So a reproducible request only keeps what was evaluated in whole chunks, which is how it would evaluate it itself.
 */
export function chooseSlot(slots: readonly SlotView[], request: SlotRequest): SlotChoice | undefined {
  let best: SlotChoice | undefined;
  let bestUsedAt = 0;
  for (const [index, slot] of slots.entries()) {
    const shared = Math.min(sharedPrefix(slot.tokens, request.prompt), request.prompt.length - 1);
    const keep = request.reproducible ? chunkStart(Math.min(shared, slot.evenTokens), request.chunk) : shared;
    if (best === undefined || keep > best.keep || (keep === best.keep && slot.usedAt < bestUsedAt)) {
      best = { index, keep };
      bestUsedAt = slot.usedAt;
    }
  }
  return best;
}
