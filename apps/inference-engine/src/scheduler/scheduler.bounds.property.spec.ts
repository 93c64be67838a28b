import { describe, expect, it } from '@jest/globals';
import type { Tier } from '@local-llm-agent/contracts';
import fc from 'fast-check';
import { SchedulerState } from './scheduler.state.js';
import type { ModelDemand, SchedulerEffect, SchedulerEvent } from './scheduler.types.js';
import { DEFAULT_TUNING } from './tuning.types.js';

const TIERS = { small: { queueLength: 1000, maxWaitMs: 1000 }, main: { queueLength: 1000, maxWaitMs: 6000 } };
const TUNING = { ...DEFAULT_TUNING, batchMs: 500 };
const UNLOAD_MS = 20;

interface Arrival {
  readonly afterMs: number;
  readonly model: number;
  readonly tier: Tier;
  readonly caller: number;
  readonly serveMs: number;
}

interface Plan {
  readonly loads: readonly number[];
  /** Models of the same size that are in memory together. */
  readonly room: number;
  readonly slots: number;
  readonly arrivals: readonly Arrival[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  loads: fc.array(fc.integer({ min: 10, max: 2000 }), { minLength: 2, maxLength: 4 }),
  room: fc.integer({ min: 1, max: 2 }),
  slots: fc.integer({ min: 1, max: 2 }),
  arrivals: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      model: fc.nat(3),
      tier: fc.constantFrom<Tier>('small', 'small', 'main'),
      caller: fc.nat(4),
      serveMs: fc.integer({ min: 1, max: 400 }),
    }),
    { minLength: 1, maxLength: 80 },
  ),
});

interface Request extends Arrival {
  readonly key: string;
  readonly arrivedAt: number;
}

/** A machine whose loads and answers take a known time; it watches how long models are waited for. */
class TimedMachine {
  private readonly state = new SchedulerState({ tiers: TIERS, tuning: TUNING });
  private readonly events: { at: number; happens: () => void }[] = [];
  private readonly waiting = new Map<number, Request>();
  private readonly inMemory = new Set<string>();
  private readonly lastGrantAt = new Map<string, number>();
  private now = 0;
  served = 0;
  /** The longest that anybody's model came after its bound, less what is allowed for it. */
  worst = -Infinity;

  constructor(private readonly plan: Plan) {
    let at = 0;
    plan.arrivals.forEach((arrival, id) => {
      at += arrival.afterMs;
      const key = `model-${arrival.model % plan.loads.length}`;
      const request = { ...arrival, key, arrivedAt: at };
      this.at(at, () => {
        this.arrive(id, request);
      });
    });
  }

  run(): this {
    for (;;) {
      this.events.sort((a, b) => a.at - b.at);
      const wakeAt = this.state.wakeAt() ?? Infinity;
      const next = this.events[0];
      if (!next && wakeAt === Infinity) return this;
      if (next && next.at <= wakeAt) {
        this.events.shift();
        this.now = next.at;
        next.happens();
      } else {
        this.now = wakeAt;
        this.send({ type: 'tick' });
      }
    }
  }

  private at(at: number, happens: () => void): void {
    this.events.push({ at, happens });
  }

  private arrive(id: number, request: Request): void {
    this.waiting.set(id, request);
    const { slots } = this.plan;
    const demand: ModelDemand = { key: request.key, needBytes: 1, slots, contextLength: 1 };
    const { tier, arrivedAt } = request;
    this.send({ type: 'arrived', ticket: { id, demand, tier, caller: `caller-${request.caller}`, arrivedAt } });
  }

  private send(event: SchedulerEvent): void {
    const effects = this.state.handle(event, this.now, () => this.plan.room - this.inMemory.size);
    for (const effect of effects) this.carryOut(effect);
  }

  private carryOut(effect: SchedulerEffect): void {
    if (effect.type === 'grant') this.grant(effect.ticketId);
    if (effect.type === 'refuse') throw new Error('refused');
    if (effect.type === 'load') {
      const { key } = effect.demand;
      this.inMemory.add(key);
      this.at(this.now + this.loadMs(key), () => {
        this.send({ type: 'loaded', key, measuredBytes: 1 });
      });
    }
    if (effect.type === 'unload') {
      this.at(this.now + UNLOAD_MS, () => {
        this.inMemory.delete(effect.key);
        this.send({ type: 'unloaded', key: effect.key });
      });
    }
  }

  private grant(id: number): void {
    const request = this.waiting.get(id);
    if (!request) throw new Error('granted twice');
    const { key } = request;
    this.worst = Math.max(this.worst, this.now - this.dueAt(key) - this.allowedMs(key));
    this.waiting.delete(id);
    this.lastGrantAt.set(key, this.now);
    this.at(this.now + request.serveMs, () => {
      this.served += 1;
      this.send({ type: 'released', ticketId: id });
    });
  }

  /** When the first of those that wait for the model passes the bound of its tier. */
  private dueAt(key: string): number {
    const same = [...this.waiting.values()].filter((request) => request.key === key);
    const served = this.lastGrantAt.get(key) ?? -Infinity;
    return Math.min(...same.map(({ arrivedAt, tier }) => Math.max(arrivedAt, served) + TIERS[tier].maxWaitMs));
  }

  private loadMs(key: string): number {
    return this.plan.loads[Number(key.slice('model-'.length))] ?? 0;
  }

  /**
   * What may lie between a bound and the first grant: every model ends what runs, leaves and loads once, and each of the
   * others has its slice once.
   */
  private allowedMs(key: string): number {
    const longest = Math.max(...this.plan.arrivals.map(({ serveMs }) => serveMs));
    const swaps = this.plan.loads.reduce((sum, loadMs) => sum + longest + UNLOAD_MS + loadMs, 0);
    const slices = this.plan.loads
      .filter((_, index) => key !== `model-${index}`)
      .reduce((sum, loadMs) => sum + Math.max(TUNING.sliceLoads * loadMs, TUNING.batchMs), 0);
    return swaps + slices;
  }
}

describe('SchedulerState, time', () => {
  it('brings every model that is waited for within its bound, one swap of each model and one slice of each other', () => {
    fc.assert(
      fc.property(plan, (timed) => {
        const machine = new TimedMachine(timed).run();
        expect(machine.served).toBe(timed.arrivals.length);
        expect(machine.worst).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
