/** Contexts above this grow by steps, so that the room they take stays in proportion. */
const STEP_TOKENS = 4096;

/** The largest context that is asked for. */
export interface ContextWish {
  readonly neededTokens: number;
  /** The model's own most; undefined where it is not known. */
  readonly mostTokens: number | undefined;
}

/**
 * Contexts that hold so many tokens, the roomiest first: the next power of two, so that the next longer prompt needs no
 * reload; the next step, which takes less memory; and just what is needed. None is larger than the model's own.
 * Empty when the model takes no such prompt.
 */
export function contextSizes({ neededTokens, mostTokens = Infinity }: ContextWish): readonly number[] {
  if (neededTokens > mostTokens) return [];
  const double = 2 ** Math.ceil(Math.log2(Math.max(1, neededTokens)));
  const step = Math.ceil(neededTokens / STEP_TOKENS) * STEP_TOKENS;
  const sizes = [double, Math.min(step, double), neededTokens].map((size) => Math.min(size, mostTokens));
  return [...new Set(sizes)].sort((left, right) => right - left);
}

/**
 * The most tokens of context, in steps, for which the need is within the room; 0 when there is not even one step.
 * `needOf` must grow with the context.
 */
export function mostContext(mostTokens: number, roomBytes: number, needOf: (tokens: number) => number): number {
  if (needOf(mostTokens) <= roomBytes) return mostTokens;
  let [low, high] = [0, Math.ceil(mostTokens / STEP_TOKENS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (needOf(middle * STEP_TOKENS) <= roomBytes) low = middle;
    else high = middle;
  }
  return low * STEP_TOKENS;
}
