import { describe, expect, it } from '@jest/globals';
import { anthropicLimitHeaders, openaiLimitHeaders, toDuration, type LimitStand } from './limit-headers.translate.js';

const STAND: LimitStand = {
  claim: {
    caller: 'a',
    requests: { scope: 'small', limit: 40, amount: 1 },
    tokens: { scope: 'small', limit: 20_000, amount: 512 },
    place: undefined,
  },
  verdict: {
    grant: undefined,
    requests: { used: 3, waitMs: 0, emptyInMs: 60_000 },
    tokens: { used: 20_100, waitMs: 100, emptyInMs: 1234 },
    crowded: false,
  },
};

describe('the headers of the limits', () => {
  it.each([
    [0, '0s'],
    [0.2, '1ms'],
    [120, '120ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [7660.1, '7.661s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [61_250, '1m1.25s'],
  ])('write %d ms as %s', (ms, text) => {
    expect(toDuration(ms)).toBe(text);
  });

  it('are those that OpenAI sends', () => {
    expect(Object.fromEntries(openaiLimitHeaders(STAND))).toEqual({
      'x-ratelimit-limit-requests': '40',
      'x-ratelimit-remaining-requests': '37',
      'x-ratelimit-reset-requests': '1m0s',
      'x-ratelimit-limit-tokens': '20000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '1.234s',
    });
  });

  it('are those that Anthropic sends, with the time of the reset', () => {
    expect(Object.fromEntries(anthropicLimitHeaders(STAND, Date.UTC(2026, 0, 1)))).toEqual({
      'anthropic-ratelimit-requests-limit': '40',
      'anthropic-ratelimit-requests-remaining': '37',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:01:00Z',
      'anthropic-ratelimit-tokens-limit': '20000',
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:02Z',
    });
  });

  it('are not there where nothing is limited', () => {
    const { claim, verdict } = STAND;
    const some = { claim: { ...claim, tokens: undefined }, verdict: { ...verdict, tokens: undefined } };
    expect(openaiLimitHeaders(some)).toHaveLength(3);
    expect(anthropicLimitHeaders(some, 0).map(([name]) => name)).toEqual([
      'anthropic-ratelimit-requests-limit',
      'anthropic-ratelimit-requests-remaining',
      'anthropic-ratelimit-requests-reset',
    ]);
  });
});
