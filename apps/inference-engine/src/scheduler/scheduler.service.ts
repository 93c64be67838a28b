import { backendUnavailable, inferenceTimeout, toApiError, type ApiError, type Tier } from '@local-llm-agent/contracts';
import type { ResidencyLane } from './residency-history.state.js';
import { SchedulerState } from './scheduler.state.js';
import type {
  Cause,
  Effects,
  MemoryPool,
  ModelDemand,
  ModelKey,
  Resident,
  SchedulerEffect,
  SchedulerEvent,
  SchedulerSnapshot,
  TierTerms,
} from './scheduler.types.js';
import type { WaitPlace } from './wait.estimate.js';

/** A slot of a model in memory, held until it is released. */
export interface Lease {
  /** The model as it is loaded, which may differ from what was asked for. */
  readonly demand: ModelDemand;
  /** Gives the slot back; further calls do nothing. */
  release(): void;
}

/** A wish for a slot. */
export interface LeaseRequest {
  readonly demand: ModelDemand;
  readonly tier: Tier;
  /** Who asks; callers are served in turn. */
  readonly caller: string;
  /** Aborting it ends the wait with the signal's reason. */
  readonly signal: AbortSignal;
  /** Longest wait, ms. */
  readonly timeoutMs: number;
  /** Told once, when the request has to wait, how to look up its place; the look gives nothing when the wait is over. */
  readonly onWait?: (place: () => WaitPlace | undefined) => void;
}

/** What the scheduler is made with. */
export interface SchedulerOptions {
  readonly tiers: Readonly<Record<Tier, TierTerms>>;
  /** Clock, ms. */
  readonly now?: () => number;
}

interface Waiter {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (reason: unknown) => void;
  /** Ends its timer and its watch on the signal. */
  readonly stop: () => void;
}

/** Longest time a timer of Node can measure. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The one way to a slot of a model. It owns the state machine: all that happens goes through {@link dispatch}, and what
 * the state asks for is carried out here.
 */
export class SchedulerService {
  private readonly state: SchedulerState;
  private readonly now: () => number;
  private readonly available: (pool: string) => number;
  private readonly waiters = new Map<number, Waiter>();
  /** Unloads that are under way. */
  private readonly unloads = new Map<ModelKey, Promise<void>>();
  private readonly loads = new Map<ModelKey, Promise<void>>();
  private lastTicket = 0;
  private alarm: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  private closedBy: ApiError | undefined;

  constructor(
    private readonly effects: Effects,
    options: SchedulerOptions,
  ) {
    this.state = new SchedulerState({ tiers: options.tiers });
    this.now = options.now ?? (() => performance.now());
    this.available = (pool) => effects.availableBytes(pool);
  }

  /**
   * Gives a slot: at once, without a promise, when the model is in memory and has one free; later otherwise. Rejects
   * with an ApiError, or with the reason of the signal.
   */
  acquire(request: LeaseRequest): Lease | Promise<Lease> {
    const { demand, tier, caller, signal } = request;
    if (this.closedBy) return Promise.reject(this.closedBy);
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    this.lastTicket += 1;
    const id = this.lastTicket;
    const now = this.now();
    const effects = this.state.handle(
      { type: 'arrived', ticket: { id, demand, tier, caller, arrivedAt: now } },
      now,
      this.available,
    );
    const own = effects.find(
      (effect) => (effect.type === 'grant' || effect.type === 'refuse') && effect.ticketId === id,
    );
    if (own?.type === 'grant' && effects.length === 1) return this.leaseOf(id, own.demand);
    const answer = this.answerOf(own) ?? this.wait(id, request);
    for (const effect of effects) if (effect !== own) this.perform(effect);
    this.setAlarm();
    return answer;
  }

  /** The runtime lost the model by itself; requests for it load it again. */
  lost(key: ModelKey): void {
    this.effects.forget(key);
    this.dispatch({ type: 'lost', key });
  }

  /**
   * Unloads the model as soon as nobody uses it, unless it is asked for before that. Settles when it is out of memory
   * (true), or at once when it is in use or another model is on its way (false).
   * @param cause for operators; somebody wants it, unless given
   */
  async unload(key: ModelKey, cause?: Cause): Promise<boolean> {
    this.dispatch({ type: 'unwanted', key, cause });
    const phase = this.state.phaseOf(key);
    if (phase === 'unloading') await this.unloads.get(key);
    return phase === undefined || phase === 'unloading';
  }

  /** A pinned model is in memory already, see {@link SchedulerEvent}. */
  found(demand: ModelDemand): void {
    this.dispatch({ type: 'found', demand });
  }

  /** Settles when the change that is under way in the pool has ended; undefined when there is none. Never rejects. */
  change(pool: MemoryPool): Promise<unknown> | undefined {
    const flight = this.state.snapshot().flights.find((each) => each.pool === pool);
    if (!flight) return undefined;
    return Promise.all(flight.keys.flatMap((key) => this.loads.get(key) ?? this.unloads.get(key) ?? []));
  }

  /** The model takes so much by now. */
  measured(key: ModelKey, bytes: number): void {
    this.dispatch({ type: 'measured', key, bytes });
  }

  /** A pinned model stays in memory once it is there, whoever waits. */
  pin(key: ModelKey, pinned: boolean): void {
    this.effects.pin(key, pinned);
    this.dispatch({ type: 'pinned', key, pinned });
  }

  /** See {@link SchedulerState.leaversFor}. */
  leaversFor(demand: ModelDemand): readonly ModelKey[] | undefined {
    return this.state.leaversFor(demand, this.now(), this.available);
  }

  /** See {@link SchedulerState.phaseOf}: cheap, for each request. */
  phaseOf(key: ModelKey): Resident['phase'] | undefined {
    return this.state.phaseOf(key);
  }

  /** What is known now, for health and metrics. */
  snapshot(): SchedulerSnapshot {
    return this.state.snapshot();
  }

  /** What the models in memory did since this time of the clock, see {@link SchedulerState.history}. */
  history(since: number): readonly ResidencyLane[] {
    return this.state.history(since, this.now());
  }

  /** Refuses those that wait and all that come later. Leases that are out stay good. */
  close(): void {
    if (this.closedBy) return;
    const message = 'The inference engine is shutting down. Try again in a moment.';
    this.closedBy = backendUnavailable(message, { origin: 'engine', retryAfterSeconds: 1 });
    this.dispatch({ type: 'closed', error: this.closedBy });
    clearTimeout(this.alarm?.timer);
  }

  /** The state is whole again before the first effect is carried out, so an effect may cause the next event at once. */
  private dispatch(event: SchedulerEvent): void {
    for (const effect of this.state.handle(event, this.now(), this.available)) this.perform(effect);
    this.setAlarm();
  }

  /** One timer for whatever the state wants to look at again. One that rings early does no harm, so none is put off. */
  private setAlarm(): void {
    const at = this.closedBy ? undefined : this.state.wakeAt();
    if (at === undefined || (this.alarm && this.alarm.at <= at)) return;
    clearTimeout(this.alarm?.timer);
    const ring = (): void => {
      this.alarm = undefined;
      this.dispatch({ type: 'tick' });
    };
    const delay = Math.max(1, Math.ceil(at - this.now()));
    this.alarm = { at, timer: setTimeout(ring, Math.min(delay, LONGEST_TIMER_MS)).unref() };
  }

  private perform(effect: SchedulerEffect): void {
    switch (effect.type) {
      case 'grant':
        this.settle(effect.ticketId)?.resolve(this.leaseOf(effect.ticketId, effect.demand));
        return;
      case 'refuse':
        this.settle(effect.ticketId)?.reject(effect.error);
        return;
      case 'load':
        this.loads.set(effect.demand.key, this.load(effect.demand));
        return;
      case 'unload':
        this.unloads.set(effect.key, this.carryOut(effect.key));
        return;
    }
  }

  private answerOf(own: SchedulerEffect | undefined): Lease | Promise<Lease> | undefined {
    if (own?.type === 'grant') return this.leaseOf(own.ticketId, own.demand);
    return own?.type === 'refuse' ? Promise.reject(own.error) : undefined;
  }

  private leaseOf(ticketId: number, demand: ModelDemand): Lease {
    let released = false;
    return {
      demand,
      release: () => {
        if (released) return;
        released = true;
        this.dispatch({ type: 'released', ticketId });
      },
    };
  }

  private wait(ticketId: number, { demand, tier, signal, timeoutMs, onWait }: LeaseRequest): Promise<Lease> {
    onWait?.(() => this.state.placeOf(ticketId, this.now()));
    return new Promise((resolve, reject) => {
      const give = (reason: unknown): void => {
        this.settle(ticketId)?.reject(reason);
        this.dispatch({ type: 'cancelled', ticketId });
      };
      const onAbort = (): void => {
        give(signal.reason);
      };
      const timer = setTimeout(
        () => {
          const waited = `The request waited ${Math.round(timeoutMs / 1000)} s for a free slot of ${demand.key}`;
          give(
            inferenceTimeout(`${waited}. Try again later, or raise timeoutSeconds of tier ${tier} in the catalog.`, {
              origin: 'engine',
            }),
          );
        },
        Math.min(timeoutMs, LONGEST_TIMER_MS),
      );
      signal.addEventListener('abort', onAbort, { once: true });
      const stop = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      this.waiters.set(ticketId, { resolve, reject, stop });
    });
  }

  private settle(ticketId: number): Waiter | undefined {
    const waiter = this.waiters.get(ticketId);
    waiter?.stop();
    this.waiters.delete(ticketId);
    return waiter;
  }

  private async load(demand: ModelDemand): Promise<void> {
    const { key } = demand;
    let event: SchedulerEvent;
    try {
      event = { type: 'loaded', key, measuredBytes: await this.effects.load(demand) };
    } catch (error) {
      event = { type: 'loadFailed', key, error: toApiError(error) };
    }
    this.loads.delete(key);
    this.dispatch(event);
  }

  /** A failed unload, which the room has logged, ends as well: memory is read again before anything is loaded. */
  private async carryOut(key: ModelKey): Promise<void> {
    const done = (): void => {
      this.unloads.delete(key);
      this.dispatch({ type: 'unloaded', key });
    };
    await this.effects.unload(key).then(done, done);
  }
}
