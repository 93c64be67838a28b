import { describe, expect, it } from '@jest/globals';
import { fitsAlone, fitsNow, roomOf } from './fit.policy.js';
import type { Resident } from './scheduler.types.js';

function residentOf(key: string, bytes: number, phase: Resident['phase'] = 'ready'): Resident {
  const demand = { key, needBytes: bytes, slots: 1, contextLength: 1 };
  return { demand, bytes, phase, slotsInUse: 0, since: 0, lastUsedAt: 0, grants: 0 };
}

const resting = residentOf('resting', 3);
const coming = residentOf('coming', 5, 'loading');
const going = residentOf('going', 4, 'unloading');
const far = { ...residentOf('far', 100), demand: { ...resting.demand, pool: 'far' } };

describe('roomOf', () => {
  it('counts what is available, and all models of the pool on top for the whole', () => {
    expect(roomOf('local', () => 10, [resting, far], undefined)).toEqual({ free: 10, total: 13 });
  });

  it('takes the room that a load will leave, whatever the reading says meanwhile', () => {
    const flight = { type: 'loading', demand: coming.demand, roomLeft: 2, startedAt: 0 } as const;
    expect(roomOf('local', () => 6, [coming], flight).free).toBe(2);
    expect(roomOf('local', () => 1, [coming], flight).free).toBe(1);
    expect(roomOf('far', () => 6, [coming], flight).free).toBe(6);
  });

  it('counts the memory of models on their way out', () => {
    const flight = { type: 'unloading', keys: new Set(['going']), startedAt: 0 } as const;
    expect(roomOf('local', () => 2, [going, resting], flight)).toEqual({ free: 6, total: 9 });
  });

  it('knows memory without end', () => {
    expect(roomOf('far', () => Infinity, [far], undefined)).toEqual({ free: Infinity, total: Infinity });
  });
});

describe('fit', () => {
  it.each([
    [5, true, true],
    [6, false, true],
    [8, false, true],
    [9, false, false],
  ])('%i bytes with 5 free of 8: now %s, alone %s', (need, now, alone) => {
    const room = { free: 5, total: 8 };
    expect(fitsNow(need, room)).toBe(now);
    expect(fitsAlone(need, room)).toBe(alone);
  });
});
