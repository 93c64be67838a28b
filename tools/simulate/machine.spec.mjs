import { describe, expect, it } from '@jest/globals';
import { figuresOf } from './figures.mjs';
import { simulate } from './machine.mjs';
import { FifoPolicy } from './policies/fifo.mjs';

const CLOSED = { kind: 'closed', clients: 4, thinkMs: 5, stay: 0 };
const SCENARIO = { models: 3, room: 1, slots: 2, serveMs: 100, loadMs: 300, requests: 200, workload: CLOSED };

const run = (fields = {}, seed = '1') => simulate({ ...SCENARIO, ...fields }, new FifoPolicy(), seed);

/** A policy that answers the first arrival with these effects, and nothing else. */
function blunt(...effects) {
  let done = false;
  return {
    keepsSlots: true,
    handle: ({ type }) => {
      if (done || type !== 'arrived') return [];
      done = true;
      return effects;
    },
  };
}

describe('the simulated machine', () => {
  it('gives the same figures for the same seed, and others for another', () => {
    expect(figuresOf(run())).toEqual(figuresOf(run()));
    expect(figuresOf(run({}, '2'))).not.toEqual(figuresOf(run()));
  });

  it('lets a client ask again only when it has its answer', () => {
    const last = new Map();
    for (const { caller, arrivedAt, startedAt, serveMs } of run().answered.toSorted((a, b) => a.id - b.id)) {
      expect(arrivedAt).toBeGreaterThanOrEqual(last.get(caller) ?? 0);
      last.set(caller, startedAt + serveMs);
    }
    expect(last.size).toBe(CLOSED.clients);
  });

  it('lets independent requests come at the pace of their load', () => {
    const workload = { kind: 'poisson', load: 0.5, callers: 4 };
    const { answered } = run({ workload, requests: 4000 });
    const last = Math.max(...answered.map(({ arrivedAt }) => arrivedAt));
    // Two slots of 100 ms serve 20 a second; half of that is 10.
    expect(answered.length / (last / 1000)).toBeCloseTo(10, 0);
  });

  it('asks all models equally often, and a faithful client mostly the same', () => {
    const count = (workload) => {
      const { answered } = run({ workload, requests: 3000 });
      const byCaller = groupByCaller(answered);
      return Object.values(byCaller).flatMap((own) => {
        const keys = own.toSorted((a, b) => a.id - b.id).map(({ key }) => key);
        return keys.slice(1).map((key, index) => Number(key === keys[index]));
      });
    };
    const part = (flags) => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
    expect(part(count(CLOSED))).toBeCloseTo(1 / 3, 1);
    expect(part(count({ ...CLOSED, stay: 0.8 }))).toBeCloseTo(0.8 + 0.2 / 3, 1);
  });

  it.each([
    [
      'a load without room',
      blunt({ type: 'load', demand: { key: 'x' } }, { type: 'load', demand: { key: 'y' } }),
      /no room/,
    ],
    [
      'a load of what is there',
      blunt({ type: 'load', demand: { key: 'x' } }, { type: 'load', demand: { key: 'x' } }),
      /in memory/,
    ],
    ['an unload of what is not there', blunt({ type: 'unload', key: 'x' }), /not there/],
    ['a slot of a model that is not ready', blunt({ type: 'grant', ticketId: 1 }), /not ready/],
    ['a refusal', blunt({ type: 'refuse', ticketId: 1, error: new Error('full') }), /must not refuse.*full/],
    ['a stand-still', blunt(), /nothing happens any more/],
    ['waking for ever', { handle: () => [], wakeAt: () => Math.random() * -1 }, /again and again/],
  ])('stops a policy for %s', (_says, policy, message) => {
    expect(() => simulate(SCENARIO, policy, '1')).toThrow(message);
  });
});

function groupByCaller(requests) {
  const groups = {};
  for (const request of requests) (groups[request.caller] ??= []).push(request);
  return groups;
}

describe('figuresOf', () => {
  it('counts who still waits with the time so far', () => {
    const answered = [{ arrivedAt: 0, startedAt: 1_000 }];
    const figures = figuresOf({ now: 60_000, loads: 3, answered, waiting: [{ arrivedAt: 10_000 }] });
    expect(figures).toEqual({ perMinute: 1, loadsPer100: 300, p50Ms: 1_000, p99Ms: 50_000, longestMs: 50_000 });
  });
});
