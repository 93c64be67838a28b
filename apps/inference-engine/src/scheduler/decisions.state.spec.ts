import { describe, expect, it } from '@jest/globals';
import { Decisions } from './decisions.state.js';

const refusal = { type: 'refuse', key: 'b', reason: 'no room' } as const;

describe('Decisions', () => {
  it('notes what was decided, and the same refusal only once', () => {
    const decisions = new Decisions();
    decisions.add({ at: 1, type: 'load', key: 'a', reason: '1 request waits for a' });
    for (const at of [2, 3, 4]) decisions.add({ at, ...refusal });
    expect(decisions.list()).toEqual([
      { at: 1, type: 'load', key: 'a', reason: '1 request waits for a', count: 1 },
      { at: 4, ...refusal, count: 3 },
    ]);
  });

  it('keeps the last hundred', () => {
    const decisions = new Decisions();
    for (let at = 0; at < 150; at += 1) decisions.add({ at, type: 'load', key: 'a', reason: 'wanted' });
    expect(decisions.list().map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, index) => index + 50));
  });
});
