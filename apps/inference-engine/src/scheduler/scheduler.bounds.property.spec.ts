import { describe, expect, it } from '@jest/globals';
import type { Tier } from '@local-llm-agent/contracts';
import fc from 'fast-check';
import { SchedulerState } from './scheduler.state.js';
import type { ModelDemand, SchedulerEffect, SchedulerEvent } from './scheduler.types.js';
import { DEFAULT_TUNING } from './tuning.types.js';

const TIERS = { small: { queueLength: 1000, maxWaitMs: 300 }, main: { queueLength: 1000, maxWaitMs: 1500 } };
const TUNING = { ...DEFAULT_TUNING, batchMs: 300 };
const UNLOAD_MS = 20;
const MEMORY = 2;

interface Arrival {
  readonly afterMs: number;
  readonly model: number;
  readonly tier: Tier;
  readonly caller: number;
  readonly serveMs: number;
}

interface Plan {
  /** Load time and size of each model; two of size 1 are in memory together. */
  readonly models: readonly { readonly loadMs: number; readonly size: number }[];
  readonly slots: number;
  readonly arrivals: readonly Arrival[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  models: fc.array(fc.record({ loadMs: fc.integer({ min: 10, max: 60 }), size: fc.integer({ min: 1, max: 2 }) }), {
    minLength: 2,
    maxLength: 4,
  }),
  slots: fc.integer({ min: 1, max: 2 }),
  arrivals: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 100 }),
      model: fc.nat(3),
      tier: fc.constantFrom<Tier>('small', 'small', 'main'),
      caller: fc.nat(4),
      serveMs: fc.integer({ min: 1, max: 150 }),
    }),
    { minLength: 1, maxLength: 300, size: 'max' },
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
  private readonly inMemory = new Map<string, number>();
  private readonly lastGrantAt = new Map<string, number>();
  private now = 0;
  served = 0;
  /** The longest that anybody's model came after its bound, less what is allowed for it. */
  worst = -Infinity;

  constructor(private readonly plan: Plan) {
    this.expect(0);
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

  /** The arrivals come one after the other. */
  private expect(id: number): void {
    const arrival = this.plan.arrivals[id];
    if (!arrival) return;
    this.at(this.now + arrival.afterMs, () => {
      this.expect(id + 1);
      const key = `model-${arrival.model % this.plan.models.length}`;
      this.arrive(id, { ...arrival, key, arrivedAt: this.now });
    });
  }

  private arrive(id: number, request: Request): void {
    this.waiting.set(id, request);
    const { slots } = this.plan;
    const needBytes = this.modelOf(request.key).size;
    const demand: ModelDemand = { key: request.key, needBytes, slots, contextLength: 1 };
    const { tier, arrivedAt } = request;
    this.send({ type: 'arrived', ticket: { id, demand, tier, caller: `caller-${request.caller}`, arrivedAt } });
  }

  private send(event: SchedulerEvent): void {
    const held = [...this.inMemory.values()].reduce((sum, size) => sum + size, 0);
    const effects = this.state.handle(event, this.now, () => MEMORY - held);
    for (const effect of effects) this.carryOut(effect);
  }

  private carryOut(effect: SchedulerEffect): void {
    if (effect.type === 'grant') this.grant(effect.ticketId);
    if (effect.type === 'refuse') throw new Error('refused');
    if (effect.type === 'load') {
      const { key } = effect.demand;
      const { loadMs, size } = this.modelOf(key);
      this.inMemory.set(key, size);
      this.at(this.now + loadMs, () => {
        this.send({ type: 'loaded', key, measuredBytes: size });
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

  private modelOf(key: string): Plan['models'][number] {
    const model = this.plan.models[Number(key.slice('model-'.length))];
    if (!model) throw new Error(`no model ${key}`);
    return model;
  }

  /**
   * What may lie between a bound and the first grant: every model ends what runs, leaves and loads once, and each of the
   * others has its slice once.
   */
  private allowedMs(key: string): number {
    const longest = Math.max(...this.plan.arrivals.map(({ serveMs }) => serveMs));
    const swaps = this.plan.models.reduce((sum, { loadMs }) => sum + longest + UNLOAD_MS + loadMs, 0);
    const slices = this.plan.models
      .filter((_, index) => key !== `model-${index}`)
      .reduce((sum, { loadMs }) => sum + Math.max(TUNING.sliceLoads * loadMs, TUNING.batchMs), 0);
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
      { numRuns: 300 },
    );
  });
});
