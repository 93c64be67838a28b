import { describe, expect, it } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import fc from 'fast-check';
import { SchedulerState } from './scheduler.state.js';
import { poolOf, type ModelDemand, type SchedulerEffect, type SchedulerEvent, type Ticket } from './scheduler.types.js';

const MEMORY: Readonly<Record<string, number>> = { local: 12, far: 8 };
const MODELS: readonly ModelDemand[] = [
  { key: 'a', needBytes: 3, slots: 2, contextLength: 1, family: 'x' },
  { key: 'i', needBytes: 2, slots: 1, contextLength: 1, family: 'x' },
  { key: 'b', needBytes: 4, slots: 1, contextLength: 1, ttlMs: 500 },
  { key: 'c', needBytes: 5, slots: 3, contextLength: 1 },
  { key: 'd', needBytes: 9, slots: 1, contextLength: 1 },
  { key: 'e', needBytes: 12, slots: 2, contextLength: 1 },
  { key: 'j', needBytes: 2, slots: 1, contextLength: 1 },
  { key: 'k', needBytes: 1, slots: 2, contextLength: 1 },
  { key: 'f', needBytes: 13, slots: 2, contextLength: 1 },
  { key: 'g', needBytes: 4, slots: 1, contextLength: 1, pool: 'far' },
  { key: 'l', needBytes: 3, slots: 1, contextLength: 1, pool: 'far' },
  { key: 'm', needBytes: 2, slots: 1, contextLength: 1, pool: 'far' },
  { key: 'h', needBytes: 5, slots: 2, contextLength: 1, pool: 'far', ttlMs: 2000 },
];
const TIERS = { small: { queueLength: 8, maxWaitMs: 100 }, main: { queueLength: 6, maxWaitMs: 600 } };
const SLICE_LOADS = 2;

type Step =
  | {
      readonly do: 'ask';
      readonly model: number;
      readonly main: boolean;
      readonly caller: number;
      readonly larger: number;
    }
  | {
      readonly do: 'cancel' | 'release' | 'finishFlight' | 'lose' | 'unwant' | 'failLoad' | 'grow';
      readonly pick: number;
    }
  | { readonly do: 'pin'; readonly pick: number; readonly pinned: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const pick = fc.nat(1000);
const ask = fc.record({
  do: fc.constant('ask' as const),
  model: fc.nat(MODELS.length - 1),
  main: fc.boolean(),
  caller: fc.nat(3),
  larger: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: ask },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('finishFlight' as const), pick }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unwant' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failLoad' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin' as const), pick, pinned: fc.boolean() }) },
);

/** A model in memory, as the machine sees it. */
interface Stay {
  readonly demand: ModelDemand;
  readonly readyAt: number;
  bytes: number;
  running: number;
}

/** A check that costs nothing when it holds; thousands of runs make millions of them. */
function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

function sameKeys(a: Iterable<string>, b: Iterable<string>): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

function chosen<T>(items: Iterable<T>, index: number): T | undefined {
  const list = [...items];
  return list.length === 0 ? undefined : list[index % list.length];
}

/** A machine that carries out the effects, and checks of each that it is allowed. */
class World {
  readonly state: SchedulerState;
  readonly waiting = new Map<number, Ticket>();
  private readonly running = new Map<number, Stay>();
  private readonly ready = new Map<string, Stay>();
  private readonly unloading = new Map<string, ModelDemand>();
  private readonly loading = new Map<string, { demand: ModelDemand; startedAt: number }>();
  private readonly shortestLoad = new Map<string, number>();
  private readonly pinned = new Set<string>();
  private clock = 0;
  private nextId = 0;

  constructor(private readonly windowShare: number) {
    this.state = new SchedulerState({ tiers: TIERS, tuning: { sliceLoads: SLICE_LOADS, batchMs: 50, windowShare } });
  }

  /** A load has taken half of its memory when it is looked at; an unload has given nothing back. */
  private available(pool: string): number {
    const held = [...this.ready.values()].map(({ demand, bytes }) => ({ ...demand, needBytes: bytes }));
    const loads = [...this.loading.values()].map(({ demand }) => ({ ...demand, needBytes: demand.needBytes / 2 }));
    const taken = [...held, ...this.unloading.values(), ...loads].filter((demand) => poolOf(demand) === pool);
    return (MEMORY[pool] ?? 0) - taken.reduce((sum, demand) => sum + demand.needBytes, 0);
  }

  private send(event: SchedulerEvent): void {
    this.clock += 1;
    const effects = this.state.handle(event, this.clock, (pool) => this.available(pool));
    for (const effect of effects) this.carryOut(effect);
    const wakesLater = (this.state.wakeAt() ?? Infinity) > this.clock;
    must(event.type !== 'tick' || wakesLater, 'a tick changed nothing');
    this.checkSnapshot();
    this.checkNobodyIsForgotten();
  }

  private carryOut(effect: SchedulerEffect): void {
    if (effect.type === 'grant') this.onGrant(effect.ticketId, effect.demand);
    if (effect.type === 'refuse') must(this.waiting.delete(effect.ticketId), 'refused without waiting');
    if (effect.type === 'load') this.onLoad(effect.demand);
    if (effect.type === 'unload') this.onUnload(effect.key);
  }

  private onGrant(id: number, demand: ModelDemand): void {
    const ticket = this.waiting.get(id);
    const stay = this.ready.get(demand.key);
    if (!ticket || !stay) throw new Error(`ticket ${id} was granted without waiting or without its model`);
    must(stay.running < stay.demand.slots, 'more grants than slots');
    must(ticket.demand.contextLength <= stay.demand.contextLength, 'the context is too small');
    for (const earlier of this.waiting.values()) {
      if (earlier.id >= id) break;
      const sameLine = earlier.tier === ticket.tier && earlier.caller === ticket.caller;
      if (sameLine && earlier.demand.key === demand.key) {
        must(earlier.demand.contextLength > stay.demand.contextLength, 'overtaken by the same caller');
      }
    }
    stay.running += 1;
    this.waiting.delete(id);
    this.running.set(id, stay);
  }

  private onLoad(demand: ModelDemand): void {
    const pool = poolOf(demand);
    must(![...this.changing()].some((other) => poolOf(other) === pool), 'two changes at once');
    must(!this.ready.has(demand.key), 'loaded twice');
    const relatives = [...this.ready.values()].filter((stay) => stay.demand.family === (demand.family ?? 'none'));
    must(relatives.length === 0, 'loaded beside one of its family');
    must(this.available(pool) >= demand.needBytes, 'loaded without room');
    const contexts = [...this.waiting.values()]
      .filter((ticket) => ticket.demand.key === demand.key)
      .map((ticket) => ticket.demand.contextLength);
    must(Math.max(...contexts) === demand.contextLength, 'loaded for nobody, or not with the largest context');
    this.loading.set(demand.key, { demand, startedAt: this.clock });
  }

  private onUnload(key: string): void {
    const stay = this.ready.get(key);
    if (!stay) throw new Error(`${key} was unloaded without being ready`);
    const pool = poolOf(stay.demand);
    must(![...this.loading.values()].some(({ demand }) => poolOf(demand) === pool), 'unloaded during a load');
    must(stay.running === 0, 'unloaded while it runs');
    must(!this.pinned.has(key) || this.wantsMore(stay), 'unloaded although it is pinned');
    if (this.servable(stay).length > 0) {
      must(this.hasOverdue(pool, stay), 'taken from its work for nobody who is past the bound');
      // The state takes a mean of the load times.
      const loadMs = this.shortestLoad.get(key) ?? 0;
      must(this.clock >= stay.readyAt + SLICE_LOADS * loadMs, 'its turn was cut short');
    }
    this.ready.delete(key);
    this.unloading.set(key, { ...stay.demand, needBytes: stay.bytes });
  }

  private *changing(): Iterable<ModelDemand> {
    yield* this.unloading.values();
    for (const { demand } of this.loading.values()) yield demand;
  }

  /** Those that wait and that the model could serve as it is. */
  private servable({ demand: { key, contextLength } }: Stay): readonly Ticket[] {
    return [...this.waiting.values()].filter(
      ({ demand }) => demand.key === key && demand.contextLength <= contextLength,
    );
  }

  private wantsMore({ demand: { key, contextLength } }: Stay): boolean {
    return [...this.waiting.values()].some(({ demand }) => demand.key === key && demand.contextLength > contextLength);
  }

  /** Whether somebody is past the bound whom the model, as it is, cannot serve. */
  private hasOverdue(pool: string, stay: Stay): boolean {
    const servable = new Set(this.servable(stay));
    return [...this.waiting.values()].some(
      (ticket) =>
        poolOf(ticket.demand) === pool &&
        !servable.has(ticket) &&
        ticket.arrivedAt + TIERS[ticket.tier].maxWaitMs <= this.clock,
    );
  }

  private checkSnapshot(): void {
    const { waiting, residents, flights, queues, pinned } = this.state.snapshot();
    must(waiting.small + waiting.main === this.waiting.size, 'waiting is counted wrongly');
    must(queues.reduce((sum, queue) => sum + queue.count, 0) === this.waiting.size, 'queues are counted wrongly');
    must(waiting.small <= TIERS.small.queueLength && waiting.main <= TIERS.main.queueLength, 'a queue is too long');
    const changing = [...this.changing()].map(({ key }) => key);
    must(
      sameKeys(
        flights.flatMap(({ keys }) => keys),
        changing,
      ),
      'flights',
    );
    must(sameKeys(pinned, this.pinned), 'pins');
    const ready = residents.filter(({ phase }) => phase === 'ready');
    must(
      sameKeys(
        ready.map(({ demand }) => demand.key),
        this.ready.keys(),
      ),
      'residents',
    );
    for (const { demand, slotsInUse } of ready) {
      must(slotsInUse === this.ready.get(demand.key)?.running, 'slots are counted wrongly');
    }
  }

  /** Work is done as soon as it can be, except in the short windows in which a caller is expected back. */
  private checkNobodyIsForgotten(): void {
    for (const stay of this.ready.values()) {
      const free = stay.running < stay.demand.slots;
      if (!free || this.servable(stay).length === 0) continue;
      must(this.hasOverdue(poolOf(stay.demand), stay), 'a slot is free, and somebody waits for it');
    }
    for (const pool of Object.keys(MEMORY)) {
      if ([...this.changing()].some((demand) => poolOf(demand) === pool)) continue;
      const stays = [...this.ready.values()].filter(({ demand }) => poolOf(demand) === pool);
      if (stays.some((stay) => stay.running > 0)) continue;
      const waiting = [...this.waiting.values()].some(({ demand }) => poolOf(demand) === pool);
      must(!waiting || this.windowShare > 0, 'nothing runs, and somebody waits');
      must(!waiting || this.state.wakeAt() !== undefined, 'nothing runs or will, and somebody waits');
    }
  }

  run(step: Step): void {
    switch (step.do) {
      case 'ask':
        this.ask(step);
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
        return this.send({ type: 'unwanted', key: chosen(MODELS, step.pick)?.key ?? '' });
      case 'failLoad':
        return this.failLoad(step.pick);
      case 'grow':
        return this.grow(chosen(this.ready.values(), step.pick));
      case 'pin':
        this.pin(chosen(MODELS, step.pick)?.key ?? '', step.pinned);
        return;
      case 'pass':
        this.pass(step.ms);
        return;
    }
  }

  private ask({ model, main, caller, larger }: Extract<Step, { do: 'ask' }>): void {
    const base = chosen(MODELS, model);
    if (!base) return;
    const demand = { ...base, contextLength: 1 + larger, needBytes: base.needBytes + larger };
    this.nextId += 1;
    const arrivedAt = this.clock + 1;
    const tier = main ? 'main' : 'small';
    const ticket: Ticket = { id: this.nextId, demand, tier, caller: `caller-${caller}`, arrivedAt };
    this.waiting.set(ticket.id, ticket);
    this.send({ type: 'arrived', ticket });
    const resident = this.ready.get(demand.key) ?? this.loading.get(demand.key);
    const served = resident && resident.demand.contextLength >= demand.contextLength;
    if (demand.needBytes > (MEMORY[poolOf(demand)] ?? 0) && !served)
      must(!this.waiting.has(ticket.id), 'waits in vain');
  }

  private cancel(id: number | undefined): void {
    if (id === undefined) return;
    this.waiting.delete(id);
    this.send({ type: 'cancelled', ticketId: id });
  }

  release(id: number | undefined): boolean {
    const stay = id === undefined ? undefined : this.running.get(id);
    if (id === undefined || !stay) return false;
    stay.running -= 1;
    this.running.delete(id);
    this.send({ type: 'released', ticketId: id });
    return true;
  }

  finishFlight(index: number): boolean {
    const [gone, come] = [chosen(this.unloading.keys(), index), chosen(this.loading.keys(), index)];
    if (gone !== undefined) {
      this.unloading.delete(gone);
      this.send({ type: 'unloaded', key: gone });
    } else if (come !== undefined) {
      const load = this.loading.get(come);
      if (!load) return false;
      this.loading.delete(come);
      const readyAt = this.clock + 1;
      this.shortestLoad.set(come, Math.min(this.shortestLoad.get(come) ?? Infinity, readyAt - load.startedAt));
      this.ready.set(come, { demand: load.demand, bytes: load.demand.needBytes, running: 0, readyAt });
      this.send({ type: 'loaded', key: come, measuredBytes: load.demand.needBytes });
    }
    return gone !== undefined || come !== undefined;
  }

  private lose(key: string | undefined): void {
    if (key === undefined) return;
    this.ready.delete(key);
    this.send({ type: 'lost', key });
  }

  /** It takes more than it said, of what is left. */
  private grow(stay: Stay | undefined): void {
    if (!stay || this.available(poolOf(stay.demand)) < 1) return;
    stay.bytes += 1;
    this.send({ type: 'measured', key: stay.demand.key, bytes: stay.bytes });
  }

  private failLoad(index: number): void {
    const key = chosen(this.loading.keys(), index);
    const load = key === undefined ? undefined : this.loading.get(key);
    if (key === undefined || !load) return;
    this.loading.delete(key);
    this.send({ type: 'loadFailed', key, error: backendUnavailable('broken') });
    const { contextLength } = load.demand;
    const left = [...this.waiting.values()].filter(({ demand }) => demand.key === key);
    must(
      left.every(({ demand }) => demand.contextLength < contextLength),
      'waits for what failed',
    );
  }

  private pin(key: string, pinned: boolean): void {
    if (pinned) this.pinned.add(key);
    else this.pinned.delete(key);
    this.send({ type: 'pinned', key, pinned });
  }

  /** Lets time pass, with the ticks that were asked for. */
  pass(ms: number): void {
    const end = this.clock + ms;
    for (let wakeAt = this.state.wakeAt(); wakeAt !== undefined && wakeAt < end; wakeAt = this.state.wakeAt()) {
      this.clock = Math.max(this.clock, Math.ceil(wakeAt) - 1);
      this.send({ type: 'tick' });
    }
    this.clock = Math.max(this.clock, end);
  }

  /** Nobody comes any more; whoever runs ends, and whatever is under way is done. */
  settle(): void {
    for (const key of [...this.pinned]) this.pin(key, false);
    for (let rounds = 0; rounds < 1000 && (this.waiting.size > 0 || this.running.size > 0); rounds += 1) {
      const moved = this.release(chosen(this.running.keys(), 0)) || this.finishFlight(0);
      if (!moved) this.pass(1000);
    }
  }
}

describe('SchedulerState, any sequence of events', () => {
  it.each([
    ['never idles while somebody waits, when callers are not waited for', 0, 40, 1500],
    ['never idles so in long sequences either', 0, 120, 300],
    ['waits for callers only for a bounded time', 0.25, 40, 1500],
  ])('keeps slots, memory, pins and order, settles every request, and %s', (_says, windowShare, maxLength, numRuns) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength, size: 'max' }), (steps) => {
        const world = new World(windowShare);
        for (const each of steps) world.run(each);
        world.settle();
        expect(world.waiting.size).toBe(0);
        const { waiting, queues, residents } = world.state.snapshot();
        expect([waiting.small, waiting.main, queues]).toEqual([0, 0, []]);
        for (const { slotsInUse } of residents) expect(slotsInUse).toBe(0);
      }),
      { numRuns },
    );
  });
});
