import { describe, expect, it } from '@jest/globals';
import { chooseVictims, type Occupant } from './eviction.policy.js';

interface Fields {
  readonly lastUsedAt?: number;
  readonly loadMs?: number;
  readonly running?: boolean;
  readonly wanted?: boolean;
  readonly closed?: boolean;
}

function occupant(key: string, bytes: number, fields: Fields = {}): Occupant {
  const { lastUsedAt = 0, loadMs = 1000, running = false, wanted = false, closed = false } = fields;
  const demand = { key, needBytes: bytes, slots: 2, contextLength: 1 };
  const resident = { demand, bytes, phase: 'ready', since: 0, slotsInUse: 0, lastUsedAt, grants: 0 } as const;
  return { resident, running, wanted, closed, pinned: false, sliceEndsAt: 0, keptUntil: 0, loadMs };
}

const old = occupant('old', 4, { lastUsedAt: 1 });
const fresh = occupant('fresh', 4, { lastUsedAt: 9 });
const small = occupant('small', 1, { lastUsedAt: 0 });
const slow = occupant('slow', 4, { lastUsedAt: 1, loadMs: 60_000 });
const running = occupant('running', 4, { running: true });
const wanted = occupant('wanted', 4, { running: true, wanted: true });
const closed = occupant('closed', 4, { running: true, wanted: true, closed: true, lastUsedAt: 99 });

describe('chooseVictims', () => {
  it.each([
    ['nobody when nothing is short', 0, [old], []],
    ['the idle model unused for longest', 3, [fresh, old], ['old']],
    ['one that is quick to load again rather than one that is slow', 3, [slow, fresh], ['fresh']],
    ['as many as are needed', 5, [fresh, old], ['old', 'fresh']],
    ['idle models before those that run', 3, [running, fresh], ['fresh']],
    ['those that nobody waits for before those that are wanted', 3, [wanted, running], ['running']],
    ['what was chosen before, whatever it is worth by now', 3, [old, wanted, closed], ['closed']],
    ['spares a small one when the large one is needed anyway', 4, [small, old], ['old']],
    ['nothing at all when all of them are too little', 9, [old, fresh], undefined],
  ])('%s', (_says, shortage, candidates, expected) => {
    const victims = chooseVictims(shortage, candidates, 100);
    expect(victims?.map(({ resident }) => resident.demand.key)).toEqual(expected);
  });
});
