import { describe, expect, it } from '@jest/globals';
import { contextSizes, mostContext } from './context-size.policy.js';

describe('contextSizes', () => {
  it.each([
    { neededTokens: 1500, mostTokens: 32_768, sizes: [2048, 1500] },
    { neededTokens: 3000, mostTokens: 32_768, sizes: [4096, 3000] },
    { neededTokens: 9000, mostTokens: 32_768, sizes: [16_384, 12_288, 9000] },
    { neededTokens: 9000, mostTokens: 10_000, sizes: [10_000, 9000] },
    { neededTokens: 4096, mostTokens: undefined, sizes: [4096] },
    { neededTokens: 8193, mostTokens: 8192, sizes: [] },
  ])('gives $sizes for $neededTokens tokens of at most $mostTokens', ({ neededTokens, mostTokens, sizes }) => {
    expect(contextSizes({ neededTokens, mostTokens })).toEqual(sizes);
  });
});

describe('mostContext', () => {
  const needOf = (tokens: number): number => 1000 + tokens;

  it.each([
    [32_768, 100_000, 32_768],
    [32_768, 1000 + 32_768, 32_768],
    [32_768, 1000 + 20_000, 16_384],
    [32_768, 1000 + 4096, 4096],
    [32_768, 500, 0],
  ])('of at most %i tokens in %i bytes is %i', (most, room, tokens) => {
    expect(mostContext(most, room, needOf)).toBe(tokens);
  });
});
