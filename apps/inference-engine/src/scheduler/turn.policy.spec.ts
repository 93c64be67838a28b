import { describe, expect, it } from '@jest/globals';
import type { Wish } from './due.policy.js';
import type { Occupant } from './eviction.policy.js';
import type { Flight, Resident } from './scheduler.types.js';
import { decideTurn, type TurnDecision } from './turn.policy.js';

const NOW = 1000;

const demandOf = (key: string, needBytes = 4): Wish['demand'] => ({ key, needBytes, slots: 1, contextLength: 1 });

function wish(key: string, fields: Partial<Wish> & { needBytes?: number } = {}): Wish {
  const { needBytes = 4, ...rest } = fields;
  return {
    demand: demandOf(key, needBytes),
    smaller: undefined,
    count: 1,
    since: 0,
    dueAt: 9000,
    tier: 'small',
    ...rest,
  };
}

function occupant(key: string, fields: Partial<Omit<Occupant, 'resident'>> & { bytes?: number } = {}): Occupant {
  const { bytes = 4, ...rest } = fields;
  const resident = { demand: demandOf(key, bytes), bytes, phase: 'ready', since: 0, slotsInUse: 0 } as const;
  const state = { running: false, wanted: false, closed: false, pinned: false };
  return {
    resident: { ...resident, lastUsedAt: 0, grants: 0 },
    ...state,
    sliceEndsAt: 0,
    keptUntil: -Infinity,
    loadMs: 1,
    ...rest,
  };
}

const loading = (key: string, roomLeft: number): Flight => ({
  type: 'loading',
  demand: demandOf(key),
  roomLeft,
  startedAt: 0,
});

const OVERDUE = { dueAt: 500 };
const AT_WORK = { running: true, wanted: true };

interface Case {
  readonly says: string;
  readonly wishes: readonly Wish[];
  readonly occupants?: readonly Occupant[];
  readonly flight?: Flight;
  readonly free: number;
  readonly begins?: string;
  readonly closed?: readonly string[];
  readonly refused?: readonly string[];
  readonly wakeAt?: number;
}

const CASES: readonly Case[] = [
  {
    says: 'loads what fits beside the others',
    wishes: [wish('b')],
    occupants: [occupant('a', AT_WORK)],
    free: 4,
    begins: 'load b',
  },
  {
    says: 'refuses what does not fit even alone',
    wishes: [wish('b', { needBytes: 9 })],
    occupants: [occupant('a')],
    free: 4,
    refused: ['b'],
  },
  { says: 'unloads what is idle', wishes: [wish('b')], occupants: [occupant('a')], free: 0, begins: 'unload a' },
  {
    says: 'leaves a model at its work',
    wishes: [wish('b')],
    occupants: [occupant('a', AT_WORK)],
    free: 0,
    wakeAt: 9000,
  },
  {
    says: 'leaves one alone that is wanted although nobody runs on it yet',
    wishes: [wish('b')],
    occupants: [occupant('a', { wanted: true })],
    free: 0,
    wakeAt: 9000,
  },
  {
    says: 'keeps an idle model for a caller',
    wishes: [wish('b')],
    occupants: [occupant('a', { keptUntil: 1005 })],
    free: 0,
    wakeAt: 1005,
  },
  {
    says: 'keeps it within its turn also from one past the bound',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', { keptUntil: 1005, sliceEndsAt: 2000 })],
    free: 0,
    wakeAt: 1005,
  },
  {
    says: 'and not after its turn',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', { keptUntil: 1005, sliceEndsAt: 900 })],
    free: 0,
    begins: 'unload a',
  },
  {
    says: 'closes a model at work for one past the bound',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', AT_WORK)],
    free: 0,
    closed: ['a'],
  },
  {
    says: 'waits for the end of its turn',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', { ...AT_WORK, sliceEndsAt: 1500 })],
    free: 0,
    wakeAt: 1500,
  },
  {
    says: 'closes nothing that is pinned',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', { ...AT_WORK, pinned: true }), occupant('c', AT_WORK)],
    free: 0,
    closed: ['c'],
  },
  {
    says: 'refuses what needs the memory of a pinned model',
    wishes: [wish('b')],
    occupants: [occupant('a', { pinned: true })],
    free: 0,
    refused: ['b'],
  },
  {
    says: 'begins nothing while a load is under way, but prepares',
    wishes: [wish('b', OVERDUE)],
    occupants: [occupant('a', AT_WORK)],
    flight: loading('c', 0),
    free: 9,
    closed: ['a'],
  },
  {
    says: 'keeps what one past the bound waits for',
    wishes: [wish('b', { ...OVERDUE, needBytes: 8 }), wish('c', { needBytes: 2 })],
    occupants: [occupant('a', { ...AT_WORK, sliceEndsAt: 1500 })],
    free: 4,
    wakeAt: 1500,
  },
  {
    says: 'gives away what it does not need',
    wishes: [wish('b', OVERDUE), wish('c', { needBytes: 2 })],
    occupants: [occupant('a', AT_WORK)],
    free: 2,
    closed: ['a'],
    begins: 'load c',
  },
  {
    says: 'unloads the model itself to load it larger',
    wishes: [wish('a', { smaller: 'ready', needBytes: 6 })],
    occupants: [occupant('a')],
    free: 9,
    begins: 'unload a',
  },
  {
    says: 'and others with it if that is needed',
    wishes: [wish('a', { smaller: 'ready', needBytes: 6 })],
    occupants: [occupant('a'), occupant('c')],
    free: 0,
    begins: 'unload a c',
  },
  {
    says: 'does not reload what is on its way',
    wishes: [wish('a', { smaller: 'loading' })],
    flight: loading('a', 4),
    free: 8,
  },
];

function began({ begin }: TurnDecision): string | undefined {
  if (begin?.type === 'loading') return `load ${begin.wish.demand.key}`;
  return begin && `unload ${begin.victims.map(({ key }) => key).join(' ')}`;
}

describe('decideTurn', () => {
  it.each(CASES)('$says', ({ wishes, occupants = [], flight, free, begins, closed = [], refused = [], wakeAt }) => {
    const coming: readonly Resident[] =
      flight?.type === 'loading' ? [{ ...occupant(flight.demand.key).resident, phase: 'loading' }] : [];
    const residents = [...occupants.map(({ resident }) => resident), ...coming];
    const view = { pool: 'local', wishes, occupants, residents, flight, available: () => free, now: NOW };
    const decision = decideTurn(view);
    expect(began(decision)).toBe(begins);
    expect([...decision.closed]).toEqual(closed);
    expect(decision.refusals.map(({ wish: { demand } }) => demand.key)).toEqual(refused);
    expect(decision.wakeAt).toBe(wakeAt);
  });

  it('says why', () => {
    const view = { pool: 'local', residents: [], flight: undefined, available: () => 8, now: NOW };
    const decision = decideTurn({ ...view, wishes: [wish('b', { count: 3 })], occupants: [] });
    expect(decision.begin).toMatchObject({
      type: 'loading',
      roomLeft: 4,
      cause: { code: 'requests', key: 'b', count: 3 },
    });
  });
});
