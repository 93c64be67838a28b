import { describe, expect, it } from '@jest/globals';
import { decideQueue } from './queue.policy.js';
import type { Flight, ModelDemand, Resident, Ticket } from './scheduler.types.js';

const demandOf = (key: string, needBytes = 4, slots = 1): ModelDemand => ({ key, needBytes, slots, contextLength: 1 });

function residentOf(key: string, fields: Partial<Resident> = {}): Resident {
  const demand = demandOf(key);
  return { demand, bytes: demand.needBytes, phase: 'ready', slotsInUse: 0, lastUsedAt: 0, lastGrantedAt: 0, ...fields };
}

interface Case {
  readonly says: string;
  readonly waiting: readonly ModelDemand[];
  readonly residents?: readonly Resident[];
  readonly flight?: Flight;
  readonly free: number;
  readonly grants?: readonly number[];
  readonly refusals?: readonly number[];
  readonly begins?: string;
  readonly closed?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    says: 'grants no more than the free slots',
    waiting: [demandOf('a'), demandOf('a')],
    residents: [residentOf('a')],
    free: 0,
    grants: [0],
  },
  { says: 'loads what fits', waiting: [demandOf('a')], free: 4, begins: 'load a' },
  {
    says: 'refuses what does not fit even alone',
    waiting: [demandOf('a', 9), demandOf('a', 9)],
    residents: [residentOf('b')],
    free: 4,
    refusals: [0, 1],
  },
  {
    says: 'begins no second load while one is under way',
    waiting: [demandOf('a')],
    residents: [residentOf('b', { phase: 'loading' })],
    flight: { type: 'loading', demand: demandOf('b'), roomLeft: 8 },
    free: 10,
  },
  {
    says: 'unloads idle models for the first that waits',
    waiting: [demandOf('a', 6)],
    residents: [residentOf('b')],
    free: 2,
    begins: 'unload b',
  },
  {
    says: 'closes the busy model whose memory is waited for',
    waiting: [demandOf('a', 6), demandOf('b')],
    residents: [residentOf('b', { slotsInUse: 1, demand: demandOf('b', 4, 2) })],
    free: 2,
    closed: ['b'],
  },
  {
    says: 'grants an earlier request of that model all the same',
    waiting: [demandOf('b'), demandOf('a', 6)],
    residents: [residentOf('b', { slotsInUse: 1, demand: demandOf('b', 4, 2) })],
    free: 2,
    grants: [0],
    closed: ['b'],
  },
  {
    says: 'leaves the memory alone that an earlier one waits for',
    waiting: [demandOf('a', 6), demandOf('c', 2)],
    residents: [residentOf('b', { slotsInUse: 1 })],
    free: 2,
    closed: ['b'],
  },
  {
    says: 'loads a later model into memory that no earlier one needs',
    waiting: [demandOf('a', 4), demandOf('c', 2)],
    residents: [residentOf('b', { slotsInUse: 1 })],
    free: 2,
    begins: 'load c',
    closed: ['b'],
  },
  {
    says: 'reserves the memory of a load that is under way',
    waiting: [demandOf('a', 4)],
    residents: [residentOf('b', { phase: 'loading' }), residentOf('c')],
    flight: { type: 'loading', demand: demandOf('b'), roomLeft: 2 },
    free: 6,
    closed: ['c'],
  },
];

describe('decideQueue', () => {
  it.each(CASES)(
    '$says',
    ({ waiting, residents = [], flight, free, grants = [], refusals = [], begins, closed = [] }) => {
      const tickets: Ticket[] = waiting.map((demand, id) => ({
        id,
        demand,
        tier: 'small',
        caller: 'a',
        arrivedAt: id,
      }));
      const byKey = new Map(residents.map((resident) => [resident.demand.key, resident]));
      const decision = decideQueue({ waiting: tickets, residents: byKey, flight, available: () => free, now: 1 });
      expect(decision.grants.map(({ id }) => id)).toEqual(grants);
      expect(decision.refusals.map(({ ticket }) => ticket.id)).toEqual(refusals);
      expect([...decision.closed]).toEqual(closed);
      const { begin } = decision;
      const begun =
        begin?.type === 'loading' ? `load ${begin.demand.key}` : begin && `unload ${[...begin.keys].join(' ')}`;
      expect(begun).toBe(begins);
      expect([...byKey.values()]).toEqual(residents);
    },
  );
});
