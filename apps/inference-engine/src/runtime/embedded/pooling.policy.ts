/** llama.cpp's numbers of ways to make one vector of many that need only the last token. */
const LAST_TOKEN = [undefined, 0, 3];

/**
 * Whether all tokens of an input must be evaluated at once to get its vector: where each token sees those after it, and
 * where the vector is made of all tokens. Both values are of the model file: `attention.causal` and `pooling_type`.
 */
export function needsWholeInput(causal: unknown, poolingType: unknown): boolean {
  return causal === false || !LAST_TOKEN.some((type) => type === poolingType);
}
