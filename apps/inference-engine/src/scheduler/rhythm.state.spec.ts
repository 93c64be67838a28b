import { describe, expect, it } from '@jest/globals';
import { CallerRhythms } from './rhythm.state.js';

/** A caller who was answered so many times, and asked again after a gap. */
function after(gaps: readonly number[], models: readonly string[] = []): CallerRhythms {
  const rhythms = new CallerRhythms();
  let now = 0;
  gaps.forEach((gap, index) => {
    rhythms.answered('caller', 'a', now);
    now += gap;
    rhythms.asked('caller', models[index] ?? 'a', now);
  });
  rhythms.answered('caller', 'a', 1000);
  return rhythms;
}

describe('CallerRhythms', () => {
  it.each([
    ['nobody who was never seen to ask again', after([]), undefined],
    ['a regular caller for its gap', after([10, 10, 10]), 1010],
    ['at least as long as a network may take', after([0, 0]), 1005],
    ['longer when the gaps differ', after([10, 30]), 1015 + 4 * 5],
    ['nobody whose gaps are too long', after([600, 600]), undefined],
    ['nobody who never comes back to the model', after(Array(20).fill(100), Array(20).fill('b')), undefined],
    ['somebody who comes back now and then, when the load is worth it', after([10, 10, 10], ['b', 'a', 'b']), 1010],
  ])('expects %s', (_says, rhythms, until) => {
    expect(rhythms.expectedUntil('a', 2000, 500)).toBe(until);
  });

  it('expects nobody any more who has asked elsewhere', () => {
    const rhythms = after([10]);
    rhythms.asked('caller', 'b', 1001);
    expect(rhythms.expectedUntil('a', 2000, 500)).toBeUndefined();
  });

  it('expects the last of several callers', () => {
    const rhythms = after([10]);
    rhythms.answered('other', 'b', 0);
    rhythms.asked('other', 'b', 40);
    rhythms.answered('other', 'a', 1002);
    expect(rhythms.expectedUntil('a', 2000, 500)).toBe(1042);
  });

  it('forgets who was silent for longest, and keeps a model for a few callers only', () => {
    const rhythms = after([10]);
    for (let index = 0; index < 1000; index += 1) rhythms.answered(`other-${index}`, 'a', 2000);
    expect(rhythms.expectedUntil('a', 2000, 500)).toBeUndefined();
    rhythms.asked('caller', 'a', 2001);
    rhythms.answered('caller', 'a', 2002);
    expect(rhythms.expectedUntil('a', 2000, 500)).toBeUndefined();
  });
});
