import { describe, expect, it } from '@jest/globals';
import type { Tier } from '@local-llm-agent/contracts';
import { ModelQueue } from './model-queue.state.js';
import type { Ticket } from './scheduler.types.js';

const TIERS = { small: { queueLength: 9, maxWaitMs: 1000 }, main: { queueLength: 9, maxWaitMs: 5000 } };

function ticket(id: number, caller: string, fields: { tier?: Tier; contextLength?: number } = {}): Ticket {
  const { tier = 'small', contextLength = 1 } = fields;
  return { id, caller, tier, arrivedAt: id, demand: { key: 'a', needBytes: 1, slots: 1, contextLength } };
}

function queueOf(...tickets: readonly Ticket[]): ModelQueue {
  const queue = new ModelQueue();
  for (const one of tickets) queue.add(one);
  return queue;
}

function order(queue: ModelQueue, contextLength = 1, now = 0): number[] {
  const ids: number[] = [];
  for (;;) {
    const next = queue.next(contextLength, { tiers: TIERS, smallPerMain: 2, now });
    if (!next) return ids;
    ids.push(next.id);
  }
}

describe('ModelQueue', () => {
  it('takes callers in turn, each in its own order', () => {
    const queue = queueOf(ticket(1, 'x'), ticket(2, 'x'), ticket(3, 'x'), ticket(4, 'y'), ticket(5, 'y'));
    expect(order(queue)).toEqual([1, 4, 2, 5, 3]);
    expect(queue.size).toBe(0);
  });

  it('works out the order once for all that ask, and anew when somebody comes or leaves', () => {
    let reads = 0;
    const counted = (id: number): Ticket => {
      const one = ticket(id, 'x');
      return Object.defineProperty({ ...one }, 'caller', {
        get: () => {
          reads += 1;
          return 'x';
        },
      });
    };
    const ids = Array.from({ length: 1000 }, (_, index) => index);
    const queue = queueOf(...ids.map(counted));
    reads = 0;
    expect(ids.map((id) => queue.positionOf(id, 2))).toEqual(ids.map((id) => id + 1));
    expect(reads).toBe(1000);
    queue.add(ticket(1000, 'y'));
    expect([0, 1, 1000].map((id) => queue.positionOf(id, 2))).toEqual([1, 3, 2]);
    queue.next(1, { tiers: TIERS, smallPerMain: 2, now: 0 });
    expect([0, 1, 1000].map((id) => queue.positionOf(id, 2))).toEqual([undefined, 1, 2]);
  });

  it('passes over those that need a larger context', () => {
    const queue = queueOf(ticket(1, 'x', { contextLength: 8 }), ticket(2, 'x'), ticket(3, 'y', { contextLength: 4 }));
    expect(queue.largest()?.contextLength).toBe(8);
    expect([queue.fitting(1), queue.fitting(4), queue.fitting(8)]).toEqual([1, 2, 3]);
    expect(order(queue, 4)).toEqual([2, 3]);
    expect(queue.size).toBe(1);
  });

  it('does not take a batch for overdue because it is long', () => {
    const batch = Array.from({ length: 4 }, (_, index) => ticket(index, 'batch', { tier: 'main' }));
    const queue = queueOf(...batch, ticket(9000, 'person'));
    const terms = { tiers: TIERS, smallPerMain: 2, now: 9000 };
    const served = [queue.next(1, terms), queue.next(1, terms)].map((one) => one?.caller);
    expect(served).toEqual(['batch', 'person']);
  });

  it('tells what waits, for operators', () => {
    const queue = queueOf(ticket(1, 'x'), ticket(2, 'x'), ticket(3, 'y', { tier: 'main' }));
    expect(queue.report('a')).toEqual([
      { key: 'a', tier: 'small', count: 2, callers: 1, oldestArrivedAt: 1 },
      { key: 'a', tier: 'main', count: 1, callers: 1, oldestArrivedAt: 3 },
    ]);
  });
});
