/** The vector with length 1, as OpenAI's are; one of zeros stays as it is. */
export function normalised(vector: readonly number[]): readonly number[] {
  const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
  return length === 0 ? vector : vector.map((number) => number / length);
}
