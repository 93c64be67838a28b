import { describe, expect, it } from '@jest/globals';
import type { Tier } from '@local-llm-agent/contracts';
import type { Resident, Ticket } from './scheduler.types.js';
import { placeOf, positionsOf, type WaitView } from './wait.estimate.js';

const demand = { key: 'ollama/a', needBytes: 1, slots: 1, contextLength: 100 };

/** Tickets in order of arrival, one for each word: the caller, and its tier. */
function queue(...words: readonly `${string}/${Tier}`[]): Ticket[] {
  return words.map((word, id) => {
    const [caller = '', tier] = word.split('/');
    return { id, demand, tier: tier as Tier, caller, arrivedAt: id };
  });
}

function viewOf(fields: Partial<WaitView> = {}): WaitView {
  return { position: 1, resident: undefined, loadMs: 20_000, now: 5000, ...fields };
}

function positions(waiting: readonly Ticket[]): (number | undefined)[] {
  const places = positionsOf(waiting, 2);
  return waiting.map(({ id }) => places.get(id));
}

describe('the place of a request that waits', () => {
  it.each([
    ['is the order of arrival for one caller', queue('a/small', 'a/small', 'a/small'), [1, 2, 3]],
    ['lets callers take turns', queue('a/small', 'a/small', 'a/small', 'b/small', 'c/small'), [1, 4, 5, 2, 3]],
    [
      'lets as many of tier small go first as are served before one of main',
      queue('a/main', 'b/small', 'c/small', 'd/small', 'e/small'),
      [3, 1, 2, 4, 5],
    ],
    ['counts no more of the other tier than there are', queue('a/main', 'b/small', 'b/main'), [2, 1, 3]],
  ])('%s', (_says, waiting, expected) => {
    expect(positions(waiting)).toEqual(expected);
  });

  const residentOf = (phase: Resident['phase'], contextLength = 100): Resident => ({
    demand: { ...demand, contextLength },
    bytes: 1,
    phase,
    since: 1000,
    slotsInUse: 1,
    lastUsedAt: 0,
    grants: 1,
  });

  it.each([
    ['needs no load of a model that is there', residentOf('ready'), { model: 'ready', loadMs: 0 }],
    ['counts a load down', residentOf('loading'), { model: 'loading', loadMs: 16_000 }],
    ['has a load ahead of it without the model', undefined, { model: 'absent', loadMs: 20_000 }],
    ['has a load ahead of it while the model leaves', residentOf('unloading'), { model: 'absent', loadMs: 20_000 }],
    ['has a load ahead of it where the context is too small', residentOf('ready', 99), { model: 'absent' }],
  ])('%s', (_says, resident, expected) => {
    const [ticket] = queue('a/small');
    expect(placeOf(ticket!, viewOf({ resident }))).toMatchObject(expected);
  });

  it('says that a load takes longer than usual', () => {
    const [ticket] = queue('a/small');
    const view = viewOf({ resident: residentOf('loading'), now: 30_000 });
    expect(placeOf(ticket!, view).loadMs).toBe(-9000);
  });
});
