import { describe, expect, it } from '@jest/globals';
import { SlotPool, type PooledSlot } from './slot-pool.state.js';

const slot = (...cachedTokens: number[]): PooledSlot => ({ cachedTokens, evenTokens: 0 });
const request = { prompt: [1, 2, 3], chunk: 8, reproducible: false };

describe('SlotPool', () => {
  it('grants the slot whose cache fits best, at once', () => {
    const [cold, warm] = [slot(), slot(1, 2)];
    const granted: unknown[] = [];
    new SlotPool([cold, warm], 1).take(request, (lease) => granted.push(lease));
    expect(granted).toEqual([{ slot: warm, keep: 2 }]);
  });

  it('lets requests wait in order while every slot is taken, and refuses when too many wait', () => {
    const only = slot();
    const pool = new SlotPool([only], 2);
    const served: string[] = [];
    for (const name of ['first', 'second', 'third']) pool.take(request, () => served.push(name));
    expect(pool.take(request, () => served.push('fourth'))).toBeUndefined();
    expect(served).toEqual(['first']);
    pool.release(only);
    pool.release(only);
    expect(served).toEqual(['first', 'second', 'third']);
  });

  it('skips a request that was withdrawn', () => {
    const only = slot();
    const pool = new SlotPool([only], 2);
    const served: string[] = [];
    pool.take(request, () => served.push('first'));
    const withdraw = pool.take(request, () => served.push('second'));
    pool.take(request, () => served.push('third'));
    withdraw?.();
    pool.release(only);
    expect(served).toEqual(['first', 'third']);
  });
});
