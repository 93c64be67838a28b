import { backendUnavailable, insufficientMemory, type ContextBound } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import type { ResidentModel } from '../runtime/runtime.contract.js';
import type { Effects, MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { AdditionService, type Addition } from './addition.service.js';
import { contextSizes, mostContext } from './context-size.policy.js';
import type { Booking } from './booked-room.state.js';
import {
  MemoryLedger,
  type HeldModel,
  type LedgerOptions,
  type PoolReport,
  type Room,
} from './memory-ledger.service.js';
import { ModelDemands, modelKey, type KnownModel, type ModelWish } from './model-demand.service.js';
import { isBeyond } from './need-history.state.js';
import { within } from './promise.bound.js';

/** Counts loads and unloads that ended, and compares what models take with what was computed. */
export interface ResidencyMeter {
  loaded(model: string, outcome: 'loaded' | 'failed', seconds: number): void;
  unloaded(model: string): void;
  /** Figures of a model that is loaded, in bytes. */
  needed(key: ModelKey, figures: { readonly predicted: number; readonly measured: number }): void;
  /** A model takes more than it was given room for. */
  grew(key: ModelKey): void;
}

/** What the residency is made with. */
export interface ResidencyOptions extends LedgerOptions {
  readonly loadTimeoutSeconds: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly meter?: ResidencyMeter;
}

/** A pool that has less left than it must have. */
export interface Shortage {
  readonly pool: MemoryPool;
  readonly shortBytes: number;
  /** For operators. */
  readonly reason: string;
}

/** The most context that a model could have, and what keeps it from being more. */
export interface ContextLimit {
  readonly tokens: number;
  readonly bound: ContextBound;
}

/** A runtime that needs longer to let a model go is given up on. */
const UNLOAD_TIMEOUT_MS = 60_000;

/** Whether the server behind the runtime holds its models as it likes. */
function decidesAlone({ runtime }: ModelWish): boolean {
  return runtime.concurrency !== undefined;
}

/** Carries out what the scheduler decides: loads and unloads models, and knows what they take. */
export class ResidencyService implements Effects {
  private readonly ledger: MemoryLedger;
  private readonly demands = new ModelDemands();
  private readonly closing = new AbortController();
  /** Adapters over the models that are loaded. */
  readonly additions: AdditionService;
  private tellLost: (key: ModelKey) => void = () => undefined;
  private tellMeasured: (key: ModelKey, bytes: number) => void = () => undefined;

  constructor(private readonly options: ResidencyOptions) {
    this.ledger = new MemoryLedger(options);
    this.additions = new AdditionService(
      {
        runtimeOf: (key) => this.find(key).room.runtime,
        availableBytes: (pool) => this.ledger.availableBytes(pool),
        attaching: (key, needBytes, attach) => this.attaching(key, needBytes, attach),
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

  /**
   * The model with room for so many tokens: rounded up so that reloads are few, as far as the model's own most and the
   * memory that there would be without any other model allow. Undefined when they don't, and where the runtime alone
   * decides how it holds its models.
   */
  async larger(wish: ModelWish, neededTokens: number, signal: AbortSignal): Promise<KnownModel | undefined> {
    if (decidesAlone(wish)) return undefined;
    const { pool } = this.roomOf(wish.runtime.id);
    const { mostTokens } = await this.demands.needs(wish, signal);
    const room = this.ledger.totalBytes(pool);
    for (const size of contextSizes({ neededTokens, mostTokens })) {
      const known = await this.demands.known(wish, pool, signal, size);
      if (known.demand.needBytes <= room) return known;
    }
    return undefined;
  }

  /** The most context that {@link larger} could give; undefined where the runtime alone decides. */
  async mostContext(wish: ModelWish, signal: AbortSignal): Promise<ContextLimit | undefined> {
    if (decidesAlone(wish)) return undefined;
    const room = this.ledger.totalBytes(this.roomOf(wish.runtime.id).pool);
    const needs = await this.demands.needs(wish, signal);
    const { mostTokens = wish.contextLength } = needs;
    const tokens = mostContext(mostTokens, room, (length) => needs.needOf(length));
    return { tokens, bound: tokens < mostTokens ? 'memory' : 'model' };
  }

  /** Loads the model within the time allowed; rejects with an ApiError. Its memory is booked at once. */
  async load(demand: ModelDemand): Promise<number | undefined> {
    const { room, name } = this.find(demand.key);
    const { pool, strangers } = room;
    const available = this.ledger.availableBytes(pool);
    if (available < demand.needBytes) {
      this.demands.refresh(demand.key);
      throw insufficientMemory(demand.needBytes, available);
    }
    const booking = this.ledger.book(pool, { key: demand.key, bytes: demand.needBytes });
    // One that somebody else loaded under this name makes place for it, or becomes it.
    const replaced = strangers.get(name) ?? 0;
    strangers.delete(name);
    this.ledger.freed(pool, replaced);
    try {
      return await this.loadNow(demand, booking, replaced);
    } finally {
      this.ledger.endBooking(pool, booking);
    }
  }

  private async loadNow(demand: ModelDemand, booking: Booking, replaced: number): Promise<number | undefined> {
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
        await within(signal, this.makeRoom(demand, replaced));
        const taken = await within(signal, runtime.load({ name, contextLength, slots }, signal));
        const bytes = this.keep(demand, booking, taken);
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
        // A timeout that nothing speaks of any more may be collected before its time, so it is asked and not the other.
        if (!timeout.aborted) throw this.closing.signal.reason;
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
    return this.ledger.availableBytes(pool);
  }

  /**
   * The pools that have less left than they must. Models that nobody here loaded are let go first. To be called from
   * time to time; idle models then have to go, which is for the scheduler to do.
   */
  async shortages(): Promise<readonly Shortage[]> {
    const short: Shortage[] = [];
    for (const pool of this.ledger.pools) {
      // A change that is under way has its own check, and the reading is in between.
      if (this.ledger.freeBytes(pool) >= 0 || this.ledger.roomsOf(pool).some(({ underWay }) => underWay > 0)) continue;
      await this.dropStrangers(pool);
      const shortBytes = -this.ledger.freeBytes(pool);
      const mib = Math.ceil(shortBytes / 2 ** 20);
      if (shortBytes > 0)
        short.push({ pool, shortBytes, reason: `memory pressure: ${mib} MiB less than must be left free` });
    }
    return short;
  }

  /** The pools there are, with the runtimes whose models live in each, and what nobody here loaded. */
  pools(): readonly PoolReport[] {
    return this.ledger.report();
  }

  /** The model is gone by itself. */
  forget(key: ModelKey): void {
    const { room, name } = this.find(key);
    room.changes += 1;
    this.ledger.freed(room.pool, room.held.get(name)?.bytes ?? 0);
    room.held.delete(name);
    this.demands.refresh(key);
  }

  /** Asks the runtime anew what the model is when it is wanted again: there is another one under its name, or none. */
  replaced(key: ModelKey): void {
    this.demands.replaced(key);
  }

  /**
   * Compares what the runtimes hold with what is believed here: tells of models that are gone, takes up those that
   * somebody else loaded, and corrects figures. To be called at start and from time to time, and for one runtime when it
   * is back.
   */
  async reconcile(signal: AbortSignal, runtimeId?: string): Promise<void> {
    const rooms = runtimeId === undefined ? this.ledger.rooms : [this.roomOf(runtimeId)];
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
    const room = this.ledger.rooms.find(({ runtime }) => runtime.id === runtimeId);
    if (!room) throw new Error(`there is no runtime ${runtimeId}`);
    return room;
  }

  private find(key: ModelKey): { room: Room; name: string } {
    const slash = key.indexOf('/');
    return { room: this.roomOf(key.slice(0, slash)), name: key.slice(slash + 1) };
  }

  /** Takes note of what was loaded; gives its bytes, where they are known. */
  private keep(
    demand: ModelDemand,
    booking: Booking,
    { bytes: all, gpuBytes = 0 }: { readonly bytes: number | undefined; readonly gpuBytes?: number },
  ): number | undefined {
    const { room, name } = this.find(demand.key);
    const bytes = all === undefined ? undefined : this.ledger.shareOf(room, { bytes: all, gpuBytes });
    const taken = bytes ?? demand.needBytes;
    this.ledger.endBooking(room.pool, booking, taken);
    room.held.set(name, { demand, bytes: taken, bookedBytes: 0, addedBytes: 0, told: false });
    if (bytes === undefined) return undefined;
    const { predicted } = this.demands.learn(demand, bytes);
    this.options.meter?.needed(demand.key, { predicted, measured: bytes });
    return bytes;
  }

  /** Brings an adapter into memory, which is booked at once as a part of its model: it comes and goes with it. */
  private async attaching(
    key: ModelKey,
    needBytes: number,
    attach: (availableBytes: number) => Promise<Addition>,
  ): Promise<void> {
    const { room, name } = this.find(key);
    const { pool } = room;
    const held = room.held.get(name);
    const booking = this.ledger.book(pool, { key, bytes: needBytes });
    this.bookOn(held, key, needBytes);
    try {
      const { bytes, addedBytes } = await this.changing(room, async () => {
        await this.dropStrangers(pool);
        return attach(this.ledger.freeBytes(pool) + needBytes);
      });
      this.ledger.endBooking(pool, booking, addedBytes);
      if (!held) return;
      held.bytes = Math.max(held.bytes, bytes);
      held.addedBytes += addedBytes;
    } finally {
      this.ledger.endBooking(pool, booking);
      this.bookOn(held, key, -needBytes);
    }
  }

  private bookOn(held: HeldModel | undefined, key: ModelKey, bytes: number): void {
    const { room, name } = this.find(key);
    if (!held || room.held.get(name) !== held) return;
    held.bookedBytes += bytes;
    this.tellMeasured(key, held.bytes + held.bookedBytes);
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

  /**
   * Makes sure that there is still room, which was so when the load was decided: unloads models that nobody here loaded,
   * and refuses when memory was taken by something else meanwhile.
   */
  private async makeRoom({ key, needBytes }: ModelDemand, replaced: number): Promise<void> {
    const { room, name } = this.find(key);
    await room.leaving.get(name);
    await this.dropStrangers(room.pool);
    const free = this.ledger.freeBytes(room.pool);
    if (free >= 0) return;
    if (replaced > 0) room.strangers.set(name, replaced);
    throw insufficientMemory(needBytes, free + needBytes);
  }

  /** Unloads models that nobody here loaded, the largest first, until the pool has no more in it than there is. */
  private async dropStrangers(pool: MemoryPool): Promise<void> {
    const tried = new Set<ModelKey>();
    while (this.ledger.freeBytes(pool) < 0) {
      // Looked up anew each time: meanwhile one of them may have been wanted, and loaded from here.
      const [largest] = this.ledger.strangersOf(pool).filter(({ key }) => !tried.has(key));
      if (!largest) return;
      const { key, room, name, bytes } = largest;
      tried.add(key);
      const leaving = this.changing(room, () => this.release(room, name, bytes));
      room.leaving.set(name, leaving);
      await leaving.finally(() => room.leaving.delete(name));
    }
  }

  /** Lets a model go; one that stays all the same is remembered as nobody's. */
  private async release(room: Room, name: string, bytes: number): Promise<void> {
    const { runtime, pool, held, strangers } = room;
    const had = held.get(name)?.bytes ?? strangers.get(name) ?? 0;
    try {
      await within(AbortSignal.timeout(UNLOAD_TIMEOUT_MS), runtime.unload(name));
      strangers.delete(name);
      this.ledger.freed(pool, had);
      this.options.meter?.unloaded(name);
      this.options.log.info({ model: name, runtime: runtime.id, bytes }, 'model unloaded');
    } catch (err) {
      strangers.set(name, bytes);
      this.options.log.warn({ err, model: name, runtime: runtime.id }, 'a model could not be unloaded');
    }
    held.delete(name);
  }

  private async reconcileRoom(room: Room, signal: AbortSignal): Promise<void> {
    const { changes } = room;
    const listed = await this.residentsOf(room, signal);
    // A list from before a change says nothing about what is there now.
    if (!listed || room.underWay > 0 || room.changes !== changes) return;
    const there = new Map(listed.map((model) => [model.name, this.ledger.shareOf(room, model)]));
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
      const { key, needBytes } = held.demand;
      const own = bytes - held.addedBytes;
      const record = this.demands.grown(held.demand, own);
      this.options.meter?.needed(key, { predicted: record?.predicted ?? needBytes, measured: own });
      this.tellMeasured(key, bytes);
      if (held.told || !isBeyond(own, needBytes)) continue;
      held.told = true;
      this.options.meter?.grew(key);
      this.options.log.warn(
        { model: name, runtime: room.runtime.id, needBytes, bytes },
        'a model takes more memory than it was given room for: the next load reckons with that',
      );
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
