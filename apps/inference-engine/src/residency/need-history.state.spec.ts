import { beforeEach, describe, expect, it } from '@jest/globals';
import { NeedHistory, isBeyond } from './need-history.state.js';

const SIZE = { contextLength: 1024, slots: 2 };

describe('NeedHistory', () => {
  let history: NeedHistory;
  beforeEach(() => {
    history = new NeedHistory();
    history.loaded('a', SIZE, { predicted: 100, bytes: 120 });
  });

  it('keeps what a model grew to while it is loaded anew in the same way', () => {
    history.grown('a', SIZE, 150);
    expect(history.loaded('a', SIZE, { predicted: 100, bytes: 122 })).toEqual({
      predicted: 100,
      atLoad: 122,
      most: 150,
    });
  });

  it('begins anew when the model begins with clearly more or less', () => {
    history.grown('a', SIZE, 150);
    expect(history.loaded('a', SIZE, { predicted: 100, bytes: 60 }).most).toBe(60);
  });

  it('keeps ways of loading apart, and models', () => {
    expect(history.of('a', { ...SIZE, slots: 1 })).toBeUndefined();
    expect(history.of('b', SIZE)).toBeUndefined();
    expect(history.grown('a', { ...SIZE, slots: 1 }, 5)).toBeUndefined();
  });

  it('tells by how much predictions were too low at worst', () => {
    history.loaded('a', { ...SIZE, slots: 4 }, { predicted: 200, bytes: 150 });
    expect(history.shortfall('a')).toBe(20);
    expect(history.shortfall('b')).toBe(0);
  });

  it('forgets a model that was replaced', () => {
    history.forget('a');
    expect(history.of('a', SIZE)).toBeUndefined();
  });
});

describe('isBeyond', () => {
  it('leaves a tenth for what differs from load to load', () => {
    expect([isBeyond(109, 100), isBeyond(111, 100)]).toEqual([false, true]);
  });
});
