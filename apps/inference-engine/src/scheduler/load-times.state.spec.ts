import { describe, expect, it } from '@jest/globals';
import { LoadTimes } from './load-times.state.js';

const demand = { key: 'a', needBytes: 4 * 2 ** 30, slots: 1, contextLength: 1 };

describe('LoadTimes', () => {
  it('guesses from the size before anything was measured', () => {
    expect(new LoadTimes().expectedMs(demand)).toBe(4500);
  });

  it('takes what was measured, mostly the past', () => {
    const times = new LoadTimes();
    times.learn('a', 1000);
    expect(times.expectedMs(demand)).toBe(1000);
    times.learn('a', 2000);
    expect(times.expectedMs(demand)).toBe(1300);
    expect(times.report()).toEqual({ a: 1300 });
  });

  it('remembers a bounded number of models', () => {
    const times = new LoadTimes();
    for (let index = 0; index < 1500; index += 1) times.learn(`model-${index}`, 1);
    expect(Object.keys(times.report())).toHaveLength(1000);
  });
});
