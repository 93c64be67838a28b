import { backendUnavailable, insufficientMemory } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import { within } from '@local-llm-agent/http';
import type { Effects, MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { AdditionService } from './addition.service.js';
import { AttachmentBooks } from './attachment-books.service.js';
import { contextSizes, mostContext } from './context-size.policy.js';
import type { Booking } from './booked-room.state.js';
import { MemoryLedger, type LedgerOptions, type PoolReport } from './memory-ledger.service.js';
import { ModelDepartures } from './model-departures.service.js';
import { ModelDemands, modelKey, type KnownModel, type ModelWish } from './model-demand.service.js';
import type { ContextLimit, ResidencyMeter, Shortage } from './residency.types.js';
import { ResidentComparison } from './resident-comparison.service.js';

/** What the residency is made with. */
export interface ResidencyOptions extends LedgerOptions {
  readonly loadTimeoutSeconds: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly meter?: ResidencyMeter;
}

/** Whether the server behind the runtime holds its models as it likes. */
function decidesAlone({ runtime }: ModelWish): boolean {
  return runtime.concurrency !== undefined;
}

/** Carries out what the scheduler decides: loads and unloads models, and knows what they take. */
export class ResidencyService implements Effects {
  private readonly ledger: MemoryLedger;
  private readonly demands = new ModelDemands();
  private readonly departures: ModelDepartures;
  private readonly comparison: ResidentComparison;
  private readonly closing = new AbortController();
  /** Adapters over the models that are loaded. */
  readonly additions: AdditionService;
  private tellLost: (key: ModelKey) => void = () => undefined;
  private tellFound: (demand: ModelDemand) => void = () => undefined;
  private tellMeasured: (key: ModelKey, bytes: number) => void = () => undefined;

  constructor(private readonly options: ResidencyOptions) {
    this.ledger = new MemoryLedger(options);
    const { log, meter } = options;
    this.departures = new ModelDepartures({ ledger: this.ledger, log, meter });
    this.comparison = new ResidentComparison({
      ledger: this.ledger,
      demands: this.demands,
      log,
      meter,
      lost: (key) => {
        this.forget(key);
        this.tellLost(key);
      },
      found: (demand) => {
        this.tellFound(demand);
      },
      measured: (key, bytes) => {
        this.tellMeasured(key, bytes);
      },
    });
    this.additions = new AdditionService(
      new AttachmentBooks(this.ledger, this.departures, (key, bytes) => {
        this.tellMeasured(key, bytes);
      }),
      { loadTimeoutSeconds: options.loadTimeoutSeconds, log, closing: this.closing.signal },
    );
  }

  /** Who is told when a runtime lost a model by itself: the scheduler. */
  onLost(listener: (key: ModelKey) => void): void {
    this.tellLost = listener;
  }

  /** Who is told of a model that was pinned and in memory before this engine was there: the scheduler. */
  onFound(listener: (demand: ModelDemand) => void): void {
    this.tellFound = listener;
  }

  /** Who is told that a loaded model takes another amount of memory than before: the scheduler. */
  onMeasured(listener: (key: ModelKey, bytes: number) => void): void {
    this.tellMeasured = listener;
  }

  /** What the model would need, see {@link ModelDemands.known}. At once when it is known. */
  known(wish: ModelWish, signal: AbortSignal): KnownModel | Promise<KnownModel> {
    return this.demands.known(wish, this.ledger.roomOf(wish.runtime.id).pool, signal);
  }

  /**
   * The model with room for so many tokens: rounded up so that reloads are few, as far as the model's own most and the
   * memory that there would be without any other model allow, pinned ones excepted. Undefined when they don't, and where the runtime alone
   * decides how it holds its models.
   */
  async larger(wish: ModelWish, neededTokens: number, signal: AbortSignal): Promise<KnownModel | undefined> {
    if (decidesAlone(wish)) return undefined;
    const { pool } = this.ledger.roomOf(wish.runtime.id);
    const { mostTokens } = await this.demands.needs(wish, signal);
    const room = this.mostBytes(wish);
    for (const size of contextSizes({ neededTokens, mostTokens })) {
      const known = await this.demands.known(wish, pool, signal, size);
      if (known.demand.needBytes <= room) return known;
    }
    return undefined;
  }

  /** The most context that {@link larger} could give; undefined where the runtime alone decides. */
  async mostContext(wish: ModelWish, signal: AbortSignal): Promise<ContextLimit | undefined> {
    if (decidesAlone(wish)) return undefined;
    const room = this.mostBytes(wish);
    const needs = await this.demands.needs(wish, signal);
    const { mostTokens = wish.contextLength } = needs;
    const tokens = mostContext(mostTokens, room, (length) => needs.needOf(length));
    return { tokens, bound: tokens < mostTokens ? 'memory' : 'model' };
  }

  /** Loads the model within the time allowed; rejects with an ApiError. Its memory is booked at once. */
  async load(demand: ModelDemand): Promise<number | undefined> {
    const { room, name } = this.ledger.find(demand.key);
    const { pool, strangers } = room;
    const booking = this.ledger.book(pool, { key: demand.key, bytes: demand.needBytes });
    // One that somebody else loaded under this name makes place for it, or becomes it.
    const replaced = strangers.get(name) ?? 0;
    strangers.delete(name);
    this.ledger.freed(pool, replaced);
    const giveUp = (): void => {
      this.ledger.freed(pool, -replaced);
      this.ledger.endBooking(pool, booking);
      if (replaced > 0) strangers.set(name, replaced);
    };
    try {
      return await this.loadNow(demand, booking, giveUp);
    } finally {
      this.ledger.endBooking(pool, booking);
    }
  }

  private async loadNow(demand: ModelDemand, booking: Booking, giveUp: () => void): Promise<number | undefined> {
    const { room, name } = this.ledger.find(demand.key);
    const { runtime } = room;
    const { contextLength, slots, needBytes } = demand;
    const { log, loadTimeoutSeconds } = this.options;
    const timeout = AbortSignal.timeout(loadTimeoutSeconds * 1000);
    const losing = room.losing.signal;
    const signal = AbortSignal.any([timeout, this.closing.signal, losing]);
    const startedAt = performance.now();
    log.info({ model: name, runtime: runtime.id, contextLength, slots, needBytes }, 'loading a model');
    return this.ledger.changing(room, async () => {
      try {
        await within(signal, this.makeRoom(demand, giveUp));
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
        await this.departures.release(room, name, needBytes);
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
    const { room, name } = this.ledger.find(key);
    const held = room.held.get(name);
    await this.ledger.changing(room, () => this.departures.release(room, name, held?.bytes ?? 0));
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
      await this.departures.dropStrangers(pool);
      const shortBytes = -this.ledger.freeBytes(pool);
      if (shortBytes > 0) short.push({ pool, shortBytes });
    }
    return short;
  }

  /** The pools there are, with the runtimes whose models live in each, and what nobody here loaded. */
  pools(): readonly PoolReport[] {
    return this.ledger.report();
  }

  /** Says whether the model stays in memory once it is there, whoever loaded it. */
  pin(key: ModelKey, pinned: boolean): void {
    if (pinned) this.ledger.pinned.add(key);
    else this.ledger.pinned.delete(key);
  }

  /** The model is gone by itself. */
  forget(key: ModelKey): void {
    const { room, name } = this.ledger.find(key);
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
    const rooms = runtimeId === undefined ? this.ledger.rooms : [this.ledger.roomOf(runtimeId)];
    await Promise.all(rooms.map((room) => this.comparison.compare(room, signal)));
  }

  /** Ends the loads of a runtime that does not answer any more; they reject with the error. */
  abandon(runtimeId: string, error: Error): void {
    const room = this.ledger.roomOf(runtimeId);
    room.losing.abort(error);
    room.losing = new AbortController();
  }

  /** The runtime has no process any more: what it held is lost, and its memory is free. */
  gone(runtimeId: string): void {
    this.comparison.gone(this.ledger.roomOf(runtimeId));
  }

  /** Ends loads that are under way. */
  close(): void {
    this.closing.abort(
      backendUnavailable('The inference engine is shutting down. Try again in a moment.', { origin: 'engine' }),
    );
  }

  private mostBytes({ runtime, name, purpose }: ModelWish): number {
    return this.ledger.mostBytes(this.ledger.roomOf(runtime.id).pool, modelKey(runtime, runtime.heldAs(name, purpose)));
  }

  /** Takes note of what was loaded; gives its bytes, where they are known. */
  private keep(
    demand: ModelDemand,
    booking: Booking,
    { bytes: all, gpuBytes = 0 }: { readonly bytes: number | undefined; readonly gpuBytes?: number },
  ): number | undefined {
    const { room, name } = this.ledger.find(demand.key);
    const bytes = all === undefined ? undefined : this.ledger.shareOf(room, { bytes: all, gpuBytes });
    const taken = bytes ?? demand.needBytes;
    this.ledger.endBooking(room.pool, booking, taken);
    // One that could not be unloaded before is this one now.
    room.strangers.delete(name);
    room.held.set(name, { demand, bytes: taken, bookedBytes: 0, addedBytes: 0, told: false });
    if (bytes === undefined) return undefined;
    const { predicted } = this.demands.learn(demand, bytes);
    this.options.meter?.needed(demand.key, { predicted, measured: bytes });
    return bytes;
  }

  /**
   * Makes sure that there is still room, which was so when the load was decided: unloads models that nobody here loaded,
   * and refuses when memory was taken by something else meanwhile.
   */
  private async makeRoom({ key, needBytes }: ModelDemand, giveUp: () => void): Promise<void> {
    const { pool } = this.ledger.find(key).room;
    const check = (left: number): void => {
      if (left >= 0) return;
      giveUp();
      throw insufficientMemory(needBytes, left + needBytes);
    };
    // Before anything waits, so that what is decided next does not suffer from a booking in vain.
    check(this.ledger.availableBytes(pool));
    await this.departures.settled(key);
    await this.departures.dropStrangers(pool);
    check(this.ledger.freeBytes(pool));
  }
}
