import { describe, expect, it } from '@jest/globals';
import { KeyUsesState } from './key-uses.state.js';

const NOON = Date.UTC(2026, 0, 20, 12);
const MINUTE = 60_000;

describe('what is known of the use of keys', () => {
  it('is written once a minute for each key, however often it is used', () => {
    const state = new KeyUsesState();
    expect([state.note('a', NOON + 1), state.note('a', NOON + 59_999), state.note('b', NOON + 2)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(state.take(10)).toEqual([
      { id: 'a', minute: NOON },
      { id: 'b', minute: NOON },
    ]);
    expect([state.isEmpty, state.note('a', NOON + 30_000)]).toEqual([true, false]);
    expect(state.note('a', NOON + MINUTE)).toBe(true);
    expect(state.take(10)).toEqual([{ id: 'a', minute: NOON + MINUTE }]);
  });

  it('is taken a part at a time', () => {
    const state = new KeyUsesState();
    for (let at = 0; at < 5; at += 1) state.note(`k${at}`, NOON);
    expect([state.take(2).length, state.take(2).length, state.take(2).length, state.take(2).length]).toEqual([
      2, 2, 1, 0,
    ]);
  });

  it('that could not be written waits for the next try, the last use of each key alone', () => {
    const state = new KeyUsesState();
    state.note('a', NOON);
    state.note('b', NOON);
    const taken = state.take(10);
    state.note('a', NOON + MINUTE);
    state.putBack(taken);
    expect(state.take(10)).toEqual([
      { id: 'a', minute: NOON + MINUTE },
      { id: 'b', minute: NOON },
    ]);
  });

  it('never goes back when the clock does', () => {
    const state = new KeyUsesState();
    state.note('a', NOON);
    state.note('a', NOON - MINUTE);
    expect(state.take(10)).toEqual([{ id: 'a', minute: NOON }]);
  });
});
