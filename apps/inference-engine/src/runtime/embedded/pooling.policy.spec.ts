import { describe, expect, it } from '@jest/globals';
import { needsWholeInput } from './pooling.policy.js';

describe('needsWholeInput', () => {
  it.each([
    ['a chat model', undefined, undefined, false],
    ['a chat model that says so', true, 0, false],
    ['a decoder whose last token counts', undefined, 3, false],
    ['a decoder with the mean of all tokens', true, 1, true],
    ['an encoder', false, 3, true],
    ['an encoder with its first token', false, 2, true],
  ])('%s', (_, causal, pooling, expected) => {
    expect(needsWholeInput(causal, pooling)).toBe(expected);
  });
});
