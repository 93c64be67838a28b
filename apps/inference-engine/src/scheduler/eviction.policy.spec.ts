import { describe, expect, it } from '@jest/globals';
import { chooseVictims, evictable, idleOnly } from './eviction.policy.js';
import type { Resident } from './scheduler.types.js';

function residentOf(key: string, bytes: number, fields: Partial<Resident> = {}): Resident {
  const demand = { key, needBytes: bytes, slots: 2, contextLength: 1 };
  return { demand, bytes, phase: 'ready', slotsInUse: 0, lastUsedAt: 0, lastGrantedAt: 0, ...fields };
}

const old = residentOf('old', 4, { lastUsedAt: 1 });
const fresh = residentOf('fresh', 4, { lastUsedAt: 9 });
const small = residentOf('small', 1, { lastUsedAt: 0 });
const busyOld = residentOf('busyOld', 4, { slotsInUse: 1, lastGrantedAt: 2, lastUsedAt: 20 });
const busyFresh = residentOf('busyFresh', 4, { slotsInUse: 1, lastGrantedAt: 8, lastUsedAt: 10 });

describe('chooseVictims', () => {
  it.each([
    ['nobody when nothing is short', 0, [old], []],
    ['the idle model unused for longest', 3, [fresh, old], ['old']],
    ['as many as are needed', 5, [fresh, old], ['old', 'fresh']],
    ['idle models before busy ones', 3, [busyOld, fresh], ['fresh']],
    ['busy models by their last grant, not by their last release', 3, [busyFresh, busyOld], ['busyOld']],
    ['spares a small one when the large one is needed anyway', 4, [small, old], ['old']],
    ['nothing at all when all of them are too little', 9, [old, fresh], undefined],
  ])('%s', (_says, shortage, candidates, expected) => {
    expect(chooseVictims(shortage, candidates)?.map((victim) => victim.demand.key)).toEqual(expected);
  });
});

describe('evictable', () => {
  it('leaves out models of other pools, and those that come or go', () => {
    const far = residentOf('far', 1, { demand: { ...old.demand, key: 'far', pool: 'far' } });
    const coming = residentOf('coming', 1, { phase: 'loading' });
    const going = residentOf('going', 1, { phase: 'unloading' });
    expect(evictable('local', [old, far, coming, going, busyOld])).toEqual([old, busyOld]);
  });

  it('tells the idle ones', () => {
    expect(idleOnly([old, busyOld])).toEqual([old]);
  });
});
