import { describe, expect, it } from '@jest/globals';
import { nextTier } from './tier.policy.js';

describe('nextTier', () => {
  it.each([
    ['the only one that waits', { small: undefined, main: 200 }, 0, 'main'],
    ['the only one that waits, whatever was before', { small: 200, main: undefined }, 9, 'small'],
    ['small first', { small: 200, main: 150 }, 1, 'small'],
    ['main after its share of small', { small: 200, main: 300 }, 2, 'main'],
    ['who is past the bound', { small: 200, main: 90 }, 0, 'main'],
    ['who is past it for longer', { small: 80, main: 90 }, 5, 'small'],
  ])('chooses %s', (_says, dueAt, smallInRow, expected) => {
    expect(nextTier({ dueAt, now: 100, smallInRow, smallPerMain: 2 })).toBe(expected);
  });
});
