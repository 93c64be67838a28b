import { backendUnavailable, insufficientMemory } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import type { ResidentModel, Runtime } from '../runtime/runtime.contract.js';
import type { Effects, MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { AdditionService, type Addition } from './addition.service.js';
import { ModelDemands, modelKey, type KnownModel, type ModelWish } from './model-demand.service.js';

/** A runtime, and where its models live. */
export interface RuntimeRoom {
  readonly runtime: Runtime;
  /** False for a runtime on another machine, whose memory cannot be measured from here. */
  readonly localMemory: boolean;
  /** Bytes that its machine has for models, where that is configured. */
  readonly budgetBytes?: number | undefined;
}

/** A pool of memory, and who lives in it besides the models that were loaded from here. */
export interface PoolReport {
  readonly id: MemoryPool;
  readonly runtimes: readonly string[];
  /** What is configured for it, where anything is. */
  readonly budgetBytes: number | undefined;
  readonly strangers: readonly { readonly model: string; readonly runtime: string; readonly bytes: number }[];
}

/** Counts loads and unloads that ended. */
export interface ResidencyMeter {
  loaded(model: string, outcome: 'loaded' | 'failed', seconds: number): void;
  unloaded(model: string): void;
}

/** What the residency is made with. */
export interface ResidencyOptions {
  readonly rooms: readonly RuntimeRoom[];
  /** Measures what this machine has left for models. */
  readonly memory: { availableBytes(): number };
  /** Bytes for the models of each pool that has no budget of its own, instead of measuring. */
  readonly budgetBytes: number | undefined;
  readonly loadTimeoutSeconds: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly meter?: ResidencyMeter;
}

interface Held {
  readonly demand: ModelDemand;
  bytes: number;
  /** How much of them are adapters. */
  addedBytes: number;
}

/** What is known of one runtime. */
interface Room extends RuntimeRoom {
  readonly pool: MemoryPool;
  /** Models that were loaded from here. */
  readonly held: Map<string, Held>;
  /** Models in memory that nobody here loaded: they may go whenever memory is needed. Name -> bytes. */
  strangers: Map<string, number>;
  /** Loads and unloads that have begun or ended. */
  changes: number;
  underWay: number;
  /** Loads that have begun. */
  readonly loads: Set<Promise<unknown>>;
  answers: boolean;
  /** Ends loads that are under way when the runtime is lost. */
  losing: AbortController;
}

/** A runtime that needs longer to let a model go is given up on. */
const UNLOAD_TIMEOUT_MS = 60_000;

/** Settles with the promise, or rejects with the signal's reason when that comes first. */
async function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** Carries out what the scheduler decides: loads and unloads models, and knows what they take. */
export class ResidencyService implements Effects {
  private readonly rooms: ReadonlyMap<string, Room>;
  private readonly demands = new ModelDemands();
  /** Adapters over the models that are loaded. */
  readonly additions: AdditionService;
  private readonly closing = new AbortController();
  private tellLost: (key: ModelKey) => void = () => undefined;
  private tellMeasured: (key: ModelKey, bytes: number) => void = () => undefined;

  constructor(private readonly options: ResidencyOptions) {
    const rooms = options.rooms.map((room): Room => {
      const pool = room.localMemory ? 'local' : room.runtime.id;
      const counters = { changes: 0, underWay: 0, loads: new Set<Promise<unknown>>() };
      const losing = new AbortController();
      return { ...room, pool, held: new Map(), strangers: new Map(), ...counters, answers: true, losing };
    });
    this.rooms = new Map(rooms.map((room) => [room.runtime.id, room]));
    this.additions = new AdditionService(
      {
        runtimeOf: (key) => this.find(key).room.runtime,
        makeRoom: (pool, needBytes) => this.makeRoomForAddition(pool, needBytes),
        changing: (key, change) => this.changing(this.find(key).room, change),
        added: (key, addition) => {
          this.added(key, addition);
        },
      },
      { loadTimeoutSeconds: options.loadTimeoutSeconds, log: options.log, closing: this.closing.signal },
    );
  }

  /** Who is told when a runtime lost a model by itself: the scheduler. */
  onLost(listener: (key: ModelKey) => void): void {
    this.tellLost = listener;
  }

  /** Who is told that a loaded model takes another amount of memory than before: the scheduler. */
  onMeasured(listener: (key: ModelKey, bytes: number) => void): void {
    this.tellMeasured = listener;
  }

  /** What the model would need, see {@link ModelDemands.known}. At once when it is known. */
  known(wish: ModelWish, signal: AbortSignal): KnownModel | Promise<KnownModel> {
    return this.demands.known(wish, this.roomOf(wish.runtime.id).pool, signal);
  }

  /** Loads the model within the time allowed; rejects with an ApiError. */
  async load(demand: ModelDemand): Promise<number | undefined> {
    const { loads } = this.find(demand.key).room;
    const loading = this.loadNow(demand);
    loads.add(loading);
    try {
      return await loading;
    } finally {
      loads.delete(loading);
    }
  }

  private async loadNow(demand: ModelDemand): Promise<number | undefined> {
    const { room, name } = this.find(demand.key);
    const { runtime } = room;
    const { contextLength, slots, needBytes } = demand;
    const { log, loadTimeoutSeconds } = this.options;
    const timeout = AbortSignal.timeout(loadTimeoutSeconds * 1000);
    const losing = room.losing.signal;
    const signal = AbortSignal.any([timeout, this.closing.signal, losing]);
    const startedAt = performance.now();
    log.info({ model: name, runtime: runtime.id, contextLength, slots, needBytes }, 'loading a model');
    return this.changing(room, async () => {
      try {
        room.strangers.delete(name);
        await within(signal, this.makeRoom(room, needBytes));
        const { bytes } = await within(signal, runtime.load({ name, contextLength, slots }, signal));
        this.keep(room, name, demand, bytes);
        const seconds = Math.round(performance.now() - startedAt) / 1000;
        this.options.meter?.loaded(name, 'loaded', seconds);
        log.info({ model: name, runtime: runtime.id, seconds, needBytes, bytes }, 'model loaded');
        return bytes;
      } catch (cause) {
        this.options.meter?.loaded(name, 'failed', (performance.now() - startedAt) / 1000);
        if (!signal.aborted) throw cause;
        // Nobody answers there: what it holds is seen when it is back.
        if (losing.aborted) throw losing.reason;
        // The runtime may go on loading what nobody waits for any more.
        await this.release(room, name, needBytes);
        if (this.closing.signal.aborted) throw this.closing.signal.reason;
        const message = `The model ${name} did not load within ${loadTimeoutSeconds} s. Try again later, or raise LOAD_TIMEOUT_SECONDS.`;
        throw backendUnavailable(message, { origin: 'runtime', cause });
      } finally {
        this.demands.refresh(demand.key);
      }
    });
  }

  /** Unloads the model. One that the runtime does not let go is tried again when memory is needed. */
  async unload(key: ModelKey): Promise<void> {
    const { room, name } = this.find(key);
    const held = room.held.get(name);
    await this.changing(room, () => this.release(room, name, held?.bytes ?? 0));
    this.demands.refresh(key);
  }

  /** What the pool has left: of the budget, or as measured; without end on other machines. */
  availableBytes(pool: MemoryPool): number {
    const rooms = [...this.rooms.values()].filter((room) => room.pool === pool);
    return this.freeBytes(pool) + sum(rooms.flatMap((room) => [...room.strangers.values()]));
  }

  /** The pools there are, with the runtimes whose models live in each, and what nobody here loaded. */
  pools(): readonly PoolReport[] {
    const rooms = [...this.rooms.values()];
    return [...new Set(rooms.map(({ pool }) => pool))].map((id) => {
      const own = rooms.filter(({ pool }) => pool === id);
      const strangers = own.flatMap(({ runtime, strangers: names }) =>
        [...names].map(([model, bytes]) => ({ model, runtime: runtime.id, bytes })),
      );
      return { id, runtimes: own.map(({ runtime }) => runtime.id), budgetBytes: this.budgetOf(own), strangers };
    });
  }

  /** The model is gone by itself. */
  forget(key: ModelKey): void {
    const { room, name } = this.find(key);
    room.changes += 1;
    room.held.delete(name);
    this.demands.refresh(key);
  }

  /** Asks the runtime anew what the model is when it is wanted again: there is another one under its name, or none. */
  replaced(key: ModelKey): void {
    this.demands.refresh(key);
  }

  /**
   * Compares what the runtimes hold with what is believed here: tells of models that are gone, takes up those that
   * somebody else loaded, and corrects figures. To be called at start and from time to time, and for one runtime when it
   * is back.
   */
  async reconcile(signal: AbortSignal, runtimeId?: string): Promise<void> {
    const rooms = runtimeId === undefined ? [...this.rooms.values()] : [this.roomOf(runtimeId)];
    await Promise.all(rooms.map((room) => this.reconcileRoom(room, signal)));
  }

  /** Ends the loads of a runtime that does not answer any more; they reject with the error. */
  abandon(runtimeId: string, error: Error): void {
    const room = this.roomOf(runtimeId);
    room.losing.abort(error);
    room.losing = new AbortController();
  }

  /** Ends loads that are under way. */
  close(): void {
    this.closing.abort(
      backendUnavailable('The inference engine is shutting down. Try again in a moment.', { origin: 'engine' }),
    );
  }

  private roomOf(runtimeId: string): Room {
    const room = this.rooms.get(runtimeId);
    if (!room) throw new Error(`there is no runtime ${runtimeId}`);
    return room;
  }

  private find(key: ModelKey): { room: Room; name: string } {
    const slash = key.indexOf('/');
    return { room: this.roomOf(key.slice(0, slash)), name: key.slice(slash + 1) };
  }

  private keep(room: Room, name: string, demand: ModelDemand, bytes: number | undefined): void {
    room.held.set(name, { demand, bytes: bytes ?? demand.needBytes, addedBytes: 0 });
    if (bytes !== undefined) this.demands.learn(demand, bytes);
  }

  /** What the pool has left, with strangers gone as far as they have to. */
  private async makeRoomForAddition(pool: MemoryPool, needBytes: number): Promise<number> {
    const rooms = [...this.rooms.values()].filter((room) => room.pool === pool);
    // A load that was decided counts on the memory it was promised.
    for (const { loads } of rooms) await Promise.allSettled(loads);
    await this.evictStrangers(pool, needBytes);
    return this.freeBytes(pool);
  }

  private added(key: ModelKey, { bytes, addedBytes }: Addition): void {
    const { room, name } = this.find(key);
    const held = room.held.get(name);
    if (!held) return;
    held.bytes = Math.max(held.bytes, bytes);
    held.addedBytes += addedBytes;
    this.tellMeasured(key, held.bytes);
  }

  /** Marks the time in which what the runtime says of its residents cannot be trusted. */
  private async changing<T>(room: Room, change: () => Promise<T>): Promise<T> {
    room.changes += 1;
    room.underWay += 1;
    try {
      return await change();
    } finally {
      room.underWay -= 1;
      room.changes += 1;
    }
  }

  /** What is configured for the pool of these rooms. */
  private budgetOf(rooms: readonly Room[]): number | undefined {
    return rooms.find((room) => room.budgetBytes !== undefined)?.budgetBytes ?? this.options.budgetBytes;
  }

  /** What the pool has left with the strangers in place. */
  private freeBytes(pool: MemoryPool): number {
    const rooms = [...this.rooms.values()].filter((room) => room.pool === pool);
    const budgetBytes = this.budgetOf(rooms);
    const reserved = this.additions.reservedBytes(pool);
    if (budgetBytes === undefined) return pool === 'local' ? this.options.memory.availableBytes() - reserved : Infinity;
    const held = rooms.flatMap((room) => [...room.held.values()].map(({ bytes }) => bytes));
    const strange = rooms.flatMap((room) => [...room.strangers.values()]);
    return budgetBytes - sum(held) - sum(strange) - reserved;
  }

  /** Unloads models that nobody here loaded until the need is met; throws when it is not. */
  private async makeRoom(room: Room, needBytes: number): Promise<void> {
    if (!(await this.evictStrangers(room.pool, needBytes))) return;
    const free = this.freeBytes(room.pool);
    if (free < needBytes) throw insufficientMemory(needBytes, free);
  }

  /** Unloads models that nobody here loaded, the largest first, until the need is met. False when there were none. */
  private async evictStrangers(pool: MemoryPool, needBytes: number): Promise<boolean> {
    const strangers = [...this.rooms.values()]
      .filter((other) => other.pool === pool)
      .flatMap((other) => [...other.strangers].map(([name, bytes]) => ({ other, name, bytes })))
      .sort((a, b) => b.bytes - a.bytes);
    if (strangers.length === 0) return false;
    for (const { other, name, bytes } of strangers) {
      if (this.freeBytes(pool) >= needBytes) break;
      await this.changing(other, () => this.release(other, name, bytes));
    }
    return true;
  }

  /** Lets a model go; one that stays all the same is remembered as nobody's. */
  private async release(room: Room, name: string, bytes: number): Promise<void> {
    const { runtime } = room;
    try {
      await within(AbortSignal.timeout(UNLOAD_TIMEOUT_MS), runtime.unload(name));
      room.strangers.delete(name);
      this.options.meter?.unloaded(name);
      this.options.log.info({ model: name, runtime: runtime.id, bytes }, 'model unloaded');
    } catch (err) {
      room.strangers.set(name, bytes);
      this.options.log.warn({ err, model: name, runtime: runtime.id }, 'a model could not be unloaded');
    }
    room.held.delete(name);
  }

  private async reconcileRoom(room: Room, signal: AbortSignal): Promise<void> {
    const { changes } = room;
    const listed = await this.residentsOf(room, signal);
    // A list from before a change says nothing about what is there now.
    if (!listed || room.underWay > 0 || room.changes !== changes) return;
    const there = new Map(listed.map(({ name, bytes }) => [name, bytes]));
    const missing = [...room.held.keys()].filter((name) => !there.has(name));
    const strange = [...there].filter(([name]) => !room.held.has(name));
    this.correct(room, there);
    // Ollama lists a model under one of its names: what misses here and what is too much may be the same model.
    if (missing.length > 0 && strange.length > 0) return;
    room.strangers = new Map(strange);
    for (const name of missing) {
      const key = modelKey(room.runtime, name);
      this.options.log.warn({ model: name, runtime: room.runtime.id }, 'the runtime lost a model');
      this.forget(key);
      this.tellLost(key);
    }
  }

  /** A model grows while it works: buffers are only taken when they are first written to. */
  private correct(room: Room, there: ReadonlyMap<string, number>): void {
    for (const [name, held] of room.held) {
      const bytes = there.get(name) ?? 0;
      if (bytes <= held.bytes) continue;
      held.bytes = bytes;
      this.tellMeasured(held.demand.key, bytes);
      this.demands.learn(held.demand, bytes - held.addedBytes);
    }
  }

  private async residentsOf(room: Room, signal: AbortSignal): Promise<readonly ResidentModel[] | undefined> {
    try {
      const listed = await within(signal, room.runtime.residents(signal));
      room.answers = true;
      return listed;
    } catch (err) {
      // Said once, not on every round: a runtime that is down stays down for a while.
      if (room.answers)
        this.options.log.warn({ err, runtime: room.runtime.id }, 'the runtime does not say what it holds');
      room.answers = false;
      return undefined;
    }
  }
}
