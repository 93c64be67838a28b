import { describe, expect, it } from '@jest/globals';
import { Decisions } from './decisions.state.js';
import { causeWords } from './reason.policy.js';
import type { Cause } from './scheduler.types.js';

const refusal = { type: 'refuse', key: 'b', cause: { code: 'failed', message: 'no room' } } as const;
const load = { type: 'load', key: 'a', cause: { code: 'requests', key: 'a', count: 1 } } as const;

describe('Decisions', () => {
  it('notes what was decided with its cause in words, and the same refusal only once', () => {
    const decisions = new Decisions();
    decisions.add({ at: 1, ...load });
    for (const at of [2, 3, 4]) decisions.add({ at, ...refusal });
    expect(decisions.list()).toEqual([
      { at: 1, ...load, reason: '1 request waits for a', count: 1 },
      { at: 4, ...refusal, reason: 'no room', count: 3 },
    ]);
  });

  it('keeps the last hundred', () => {
    const decisions = new Decisions();
    for (let at = 0; at < 150; at += 1) decisions.add({ at, ...load });
    expect(decisions.list().map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, index) => index + 50));
  });
});

describe('a cause', () => {
  it.each<[Cause, string]>([
    [{ code: 'requests', key: 'o/a', count: 2 }, '2 requests wait for o/a'],
    [{ code: 'requests', key: 'o/a', count: 1, way: 'makes_room' }, 'makes room: 1 request waits for o/a'],
    [
      { code: 'overdue', key: 'o/a', waitedMs: 12_340, boundMs: 10_000, tier: 'main' },
      'o/a waited 12.3 s, longer than the 10 s of tier main',
    ],
    [{ code: 'idle', idleMs: 5000 }, 'was not used for 5 s'],
    [{ code: 'unwanted' }, 'somebody wanted it out of memory'],
    [{ code: 'adapter', key: 'o/a' }, 'room for an adapter over o/a'],
    [{ code: 'queue_full', tier: 'small', count: 3, message: 'The queue is full.' }, 'The queue is full.'],
  ])('%j is in words: %s', (cause, words) => {
    expect(causeWords(cause)).toBe(words);
  });
});
