import { describe, expect, it } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import fc from 'fast-check';
import { SchedulerState } from './scheduler.state.js';
import type { ModelDemand, SchedulerEffect, SchedulerEvent, Ticket } from './scheduler.types.js';

const MEMORY = 12;
const MODELS: readonly ModelDemand[] = [
  { key: 'a', needBytes: 3, slots: 2, contextLength: 1 },
  { key: 'b', needBytes: 4, slots: 1, contextLength: 1 },
  { key: 'c', needBytes: 5, slots: 3, contextLength: 1 },
  { key: 'd', needBytes: 9, slots: 1, contextLength: 1 },
  { key: 'e', needBytes: 12, slots: 2, contextLength: 1 },
  { key: 'f', needBytes: 13, slots: 2, contextLength: 1 },
];

type Step =
  | { readonly do: 'ask'; readonly model: number; readonly main: boolean }
  | { readonly do: 'cancel' | 'release' | 'finishFlight' | 'lose' | 'unwant'; readonly pick: number }
  | { readonly do: 'failLoad' };

const pick = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ask' as const), model: fc.nat(MODELS.length - 1), main: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('finishFlight' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unwant' as const), pick }) },
  { weight: 1, arbitrary: fc.constant({ do: 'failLoad' as const }) },
);

/** What a ticket may do until it is settled, and on which stay in memory of its model it runs. */
interface Running {
  readonly stay: Stay;
}
interface Stay {
  readonly demand: ModelDemand;
  running: number;
}

function chosen<T>(items: Iterable<T>, index: number): T | undefined {
  const list = [...items];
  return list.length === 0 ? undefined : list[index % list.length];
}

/** A machine that carries out the effects, and checks of each that it is allowed. */
class World {
  private readonly state = new SchedulerState({ small: 4, main: 3 });
  readonly waiting = new Map<number, Ticket>();
  readonly running = new Map<number, Running>();
  readonly ready = new Map<string, Stay>();
  private readonly unloading = new Map<string, ModelDemand>();
  private loading: ModelDemand | undefined;
  private clock = 0;
  private nextId = 0;

  /** A load has taken half of its memory when it is looked at; an unload has given nothing back. */
  private available(): number {
    const held = [...this.ready.values()].reduce((sum, stay) => sum + stay.demand.needBytes, 0);
    const leaving = [...this.unloading.values()].reduce((sum, demand) => sum + demand.needBytes, 0);
    return MEMORY - held - leaving - (this.loading?.needBytes ?? 0) / 2;
  }

  private send(event: SchedulerEvent): void {
    this.clock += 1;
    for (const effect of this.state.handle(event, this.clock, () => this.available())) this.carryOut(effect);
    this.checkSnapshot();
  }

  private carryOut(effect: SchedulerEffect): void {
    if (effect.type === 'grant') this.onGrant(effect.ticketId, effect.demand);
    if (effect.type === 'refuse') expect(this.waiting.delete(effect.ticketId)).toBe(true);
    if (effect.type === 'load') this.onLoad(effect.demand);
    if (effect.type === 'unload') this.onUnload(effect.key);
  }

  private onGrant(id: number, demand: ModelDemand): void {
    const ticket = this.waiting.get(id);
    const stay = this.ready.get(demand.key);
    if (!ticket || !stay) throw new Error(`ticket ${id} was granted without waiting or without its model`);
    expect(stay.running).toBeLessThan(stay.demand.slots);
    for (const earlier of this.waiting.values()) {
      if (earlier.id >= id) break;
      expect(earlier.demand.key).not.toBe(demand.key);
      const { key, needBytes } = earlier.demand;
      const comesToMemory = !this.ready.has(key) && this.loading?.key !== key;
      if (comesToMemory) expect(needBytes + demand.needBytes).toBeLessThanOrEqual(MEMORY);
    }
    stay.running += 1;
    this.waiting.delete(id);
    this.running.set(id, { stay });
  }

  private onLoad(demand: ModelDemand): void {
    expect(this.loading).toBeUndefined();
    expect(this.unloading.size).toBe(0);
    expect(this.ready.has(demand.key)).toBe(false);
    expect(this.available()).toBeGreaterThanOrEqual(demand.needBytes);
    expect([...this.waiting.values()].some((ticket) => ticket.demand.key === demand.key)).toBe(true);
    this.loading = demand;
  }

  private onUnload(key: string): void {
    const stay = this.ready.get(key);
    if (!stay) throw new Error(`${key} was unloaded without being ready`);
    expect(this.loading).toBeUndefined();
    expect(stay.running).toBe(0);
    this.ready.delete(key);
    this.unloading.set(key, stay.demand);
  }

  private checkSnapshot(): void {
    const { waiting, residents, loading } = this.state.snapshot();
    expect(waiting.small + waiting.main).toBe(this.waiting.size);
    expect(waiting.small).toBeLessThanOrEqual(4);
    expect(waiting.main).toBeLessThanOrEqual(3);
    expect(loading).toBe(this.loading?.key);
    for (const { demand, phase, slotsInUse } of residents) {
      if (phase === 'ready') expect(slotsInUse).toBe(this.ready.get(demand.key)?.running);
    }
  }

  run(step: Step): void {
    switch (step.do) {
      case 'ask':
        this.ask(chosen(MODELS, step.model), step.main);
        return;
      case 'cancel':
        this.cancel(chosen(this.waiting.keys(), step.pick));
        return;
      case 'release':
        this.release(chosen(this.running.keys(), step.pick));
        return;
      case 'finishFlight':
        this.finishFlight(step.pick);
        return;
      case 'lose':
        this.lose(chosen(this.ready.keys(), step.pick));
        return;
      case 'unwant':
        this.send({ type: 'unwanted', key: chosen(MODELS, step.pick)?.key ?? '' });
        return;
      case 'failLoad':
        this.failLoad();
        return;
    }
  }

  private ask(demand: ModelDemand | undefined, main: boolean): void {
    if (!demand) return;
    this.nextId += 1;
    const ticket: Ticket = {
      id: this.nextId,
      demand,
      tier: main ? 'main' : 'small',
      caller: 'a',
      arrivedAt: this.clock,
    };
    this.waiting.set(ticket.id, ticket);
    this.send({ type: 'arrived', ticket });
    if (demand.needBytes > MEMORY) expect(this.waiting.has(ticket.id)).toBe(false);
  }

  private cancel(id: number | undefined): void {
    if (id === undefined) return;
    this.waiting.delete(id);
    this.send({ type: 'cancelled', ticketId: id });
  }

  release(id: number | undefined): void {
    const running = id === undefined ? undefined : this.running.get(id);
    if (id === undefined || !running) return;
    running.stay.running -= 1;
    this.running.delete(id);
    this.send({ type: 'released', ticketId: id });
  }

  finishFlight(index: number): boolean {
    const key = chosen(this.unloading.keys(), index);
    if (key !== undefined) {
      this.unloading.delete(key);
      this.send({ type: 'unloaded', key });
      return true;
    }
    if (!this.loading) return false;
    const demand = this.loading;
    this.loading = undefined;
    this.ready.set(demand.key, { demand, running: 0 });
    this.send({ type: 'loaded', key: demand.key, measuredBytes: demand.needBytes });
    return true;
  }

  private lose(key: string | undefined): void {
    if (key === undefined) return;
    this.ready.delete(key);
    this.send({ type: 'lost', key });
  }

  private failLoad(): void {
    if (!this.loading) return;
    const { key } = this.loading;
    this.loading = undefined;
    this.send({ type: 'loadFailed', key, error: backendUnavailable('broken') });
    expect([...this.waiting.values()].some((ticket) => ticket.demand.key === key)).toBe(false);
  }
}

describe('SchedulerState, any sequence of events', () => {
  it('keeps slots, memory and order, and settles every request once all is released', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const world = new World();
        for (const each of steps) world.run(each);
        let moved = true;
        while (moved) {
          const running = chosen(world.running.keys(), 0);
          world.release(running);
          moved = world.finishFlight(0) || running !== undefined;
        }
        expect(world.waiting.size).toBe(0);
        for (const stay of world.ready.values()) expect(stay.running).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
