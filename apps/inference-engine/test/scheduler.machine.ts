import type { Tier } from '@local-llm-agent/contracts';
import { SchedulerState } from '../src/scheduler/scheduler.state.js';
import type { ModelDemand, SchedulerEffect, SchedulerEvent } from '../src/scheduler/scheduler.types.js';
import type { SchedulerTuning } from '../src/scheduler/tuning.types.js';

/** What a machine is like. */
export interface MachineTerms {
  /** Bytes for models. */
  readonly memory: number;
  /** Requests that may wait in each tier. */
  readonly queueLength?: number;
  /** What each model takes, in bytes; 1 unless given. */
  readonly needOf?: (key: string) => number;
  /** How long, ms, a load takes by the clock. */
  readonly loadMs?: number;
  /** How far, ms, the clock goes on before each event. */
  readonly stepMs?: number;
  readonly tuning?: Partial<SchedulerTuning>;
}

/** How a request asks, where not as usual. */
export interface Asking {
  readonly tier?: Tier;
  readonly caller?: string;
  readonly demand?: Partial<ModelDemand>;
}

function noteOf(effect: SchedulerEffect): string {
  switch (effect.type) {
    case 'grant':
      return `grant ${effect.ticketId}`;
    case 'refuse':
      return `refuse ${effect.ticketId}: ${effect.error.message}`;
    case 'load':
      return `load ${effect.demand.key}`;
    case 'unload':
      return `unload ${effect.key}`;
  }
}

/** The scheduler's state with a machine of some memory and a clock, all driven by hand; effects are noted as short words. */
export class Machine {
  readonly state: SchedulerState;
  /** The clock, ms. */
  now = 0;
  /** Bytes for models. */
  memory: number;
  /** How often the memory was read. */
  readings = 0;
  private readonly inMemory = new Map<string, number>();

  constructor(private readonly terms: MachineTerms) {
    const { queueLength = 1000, tuning = {}, memory } = terms;
    const tiers = { small: { queueLength, maxWaitMs: 10_000 }, main: { queueLength, maxWaitMs: 60_000 } };
    this.state = new SchedulerState({ tiers, tuning });
    this.memory = memory;
  }

  /** Sets the clock. */
  at(now: number): this {
    this.now = now;
    return this;
  }

  tick(): string[] {
    return this.send({ type: 'tick' });
  }

  send(event: SchedulerEvent): string[] {
    this.now += this.terms.stepMs ?? 0;
    const effects = this.state.handle(event, this.now, () => {
      this.readings += 1;
      return this.memory - [...this.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    });
    return effects.map(noteOf);
  }

  ask(id: number, key: string, { tier = 'small', caller = `caller-${id}`, demand }: Asking = {}): string[] {
    const wanted = { key, needBytes: this.needOf(key), slots: 1, contextLength: 4096, ...demand };
    const arrivedAt = this.now + (this.terms.stepMs ?? 0);
    return this.send({ type: 'arrived', ticket: { id, demand: wanted, tier, caller, arrivedAt } });
  }

  /** The load ends, after its usual time. */
  loaded(key: string, measuredBytes?: number): string[] {
    this.now += this.terms.loadMs ?? 0;
    this.inMemory.set(key, measuredBytes ?? this.needOf(key));
    return this.send({ type: 'loaded', key, measuredBytes });
  }

  /** A model that is ready takes so much by now. */
  grown(key: string, bytes: number): string[] {
    this.inMemory.set(key, bytes);
    return this.send({ type: 'measured', key, bytes });
  }

  unloaded(key: string): string[] {
    this.inMemory.delete(key);
    return this.send({ type: 'unloaded', key });
  }

  lost(key: string): string[] {
    this.inMemory.delete(key);
    return this.send({ type: 'lost', key });
  }

  release(ticketId: number): string[] {
    return this.send({ type: 'released', ticketId });
  }

  cancel(ticketId: number): string[] {
    return this.send({ type: 'cancelled', ticketId });
  }

  /** Brings a model in; the request that did it still runs. */
  withBusy(key: string, id: number, asking?: Asking): this {
    this.ask(id, key, asking);
    this.loaded(key);
    return this;
  }

  /** Brings a model in; the request that did it is over. */
  withIdle(key: string, id: number): this {
    this.withBusy(key, id).release(id);
    return this;
  }

  /** What was decided about memory and why, oldest first. */
  reasons(): string[] {
    return this.state.snapshot().decisions.map(({ type, key, reason }) => `${type} ${key}: ${reason}`);
  }

  private needOf(key: string): number {
    return this.terms.needOf?.(key) ?? 1;
  }
}
