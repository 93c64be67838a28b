import type { ApiError, Tier } from '@local-llm-agent/contracts';

/** Names one model on one runtime. */
export type ModelKey = string;

/** Names a stretch of memory that models compete for: this machine, or a remote runtime's. */
export type MemoryPool = string;

/** What a model would take and give if it were loaded. */
export interface ModelDemand {
  readonly key: ModelKey;
  /** Memory it would live in; the only pool there is when absent. */
  readonly pool?: MemoryPool;
  readonly needBytes: number;
  readonly slots: number;
  readonly contextLength: number;
  /** Models of one family take the same place in their runtime: only one of them can be in memory, however much there is. */
  readonly family?: string;
  /** How long, ms, it stays in memory without a request; until its memory is needed when absent. */
  readonly ttlMs?: number;
}

/** A request that wants a slot of a model. */
export interface Ticket {
  readonly id: number;
  readonly demand: ModelDemand;
  readonly tier: Tier;
  /** Who asks; callers are served in turn. */
  readonly caller: string;
  /** Clock time, ms, when it came. */
  readonly arrivedAt: number;
}

/** What a tier promises to those that wait in it. */
export interface TierTerms {
  /** Requests that may wait; at least one may, or no model could ever be loaded. */
  readonly queueLength: number;
  /** How long, ms, a request waits for a model that is not in memory until others have to make room for it. */
  readonly maxWaitMs: number;
}

/** A model that is in memory, on its way there, or on its way out. */
export interface Resident {
  /** As it was loaded. */
  readonly demand: ModelDemand;
  /** What it takes: measured, or the need it was loaded for. */
  readonly bytes: number;
  readonly phase: 'loading' | 'ready' | 'unloading';
  /** Clock time, ms, when that phase began. */
  readonly since: number;
  readonly slotsInUse: number;
  /** Clock time, ms, of the last grant or release. */
  readonly lastUsedAt: number;
  /** Requests that got a slot since it was loaded. */
  readonly grants: number;
}

/** The one change of memory that may be under way in a pool. */
export type Flight =
  /** `roomLeft` is what was available when the load was decided, less its need: the reading is in between meanwhile. */
  | {
      readonly type: 'loading';
      readonly demand: ModelDemand;
      readonly roomLeft: number;
      readonly startedAt: number;
    }
  | { readonly type: 'unloading'; readonly keys: ReadonlySet<ModelKey>; readonly startedAt: number };

/** Bytes that could be given to models of the pool now, residents left in place. Asked only when a load is decided. */
export type AvailableBytes = (pool: MemoryPool) => number;

/** What happened. Times come with the event, so that the state machine has no clock. */
export type SchedulerEvent =
  | { readonly type: 'arrived'; readonly ticket: Ticket }
  | { readonly type: 'cancelled'; readonly ticketId: number }
  | { readonly type: 'released'; readonly ticketId: number }
  | { readonly type: 'loaded'; readonly key: ModelKey; readonly measuredBytes: number | undefined }
  | { readonly type: 'loadFailed'; readonly key: ModelKey; readonly error: ApiError }
  | { readonly type: 'unloaded'; readonly key: ModelKey }
  /** The runtime lost the model by itself (it crashed or restarted). */
  | { readonly type: 'lost'; readonly key: ModelKey }
  /** A pinned model is in memory that nobody asked for here; `demand` says what it takes, and it has no context to give. */
  | { readonly type: 'found'; readonly demand: ModelDemand }
  /** Somebody wants the model out of memory: it goes as soon as nobody uses it, unless it is pinned or asked for before that. */
  | { readonly type: 'unwanted'; readonly key: ModelKey; readonly cause?: Cause | undefined }
  /** A pinned model stays in memory once it is there, whoever waits. */
  | { readonly type: 'pinned'; readonly key: ModelKey; readonly pinned: boolean }
  /** The model takes so much by now: it grew, or something was added to it. */
  | { readonly type: 'measured'; readonly key: ModelKey; readonly bytes: number }
  /** The time of {@link SchedulerState.wakeAt} has come. */
  | { readonly type: 'tick' }
  /** No more requests will come; those that wait are refused with the error. */
  | { readonly type: 'closed'; readonly error: ApiError };

/** How the wish for a model became the end of another one, or of itself. */
interface Way {
  readonly way?: 'makes_room' | 'larger_context';
  /** Of the model when it comes back. */
  readonly contextLength?: number;
}

/** Requests wait for a model, or one waited longer than its bound. Times in ms. */
export type WishCause =
  | (Way & { readonly code: 'requests'; readonly key: ModelKey; readonly count: number })
  | (Way & {
      readonly code: 'overdue';
      readonly key: ModelKey;
      readonly waitedMs: number;
      readonly boundMs: number;
      readonly tier: Tier;
    });

/** Why requests were refused; `message` is that of their error. */
export type RefusalCause = { readonly message: string } & (
  | { readonly code: 'too_large'; readonly needBytes: number; readonly totalBytes: number }
  | { readonly code: 'pinned'; readonly keys: readonly ModelKey[] }
  | { readonly code: 'queue_full'; readonly tier: Tier; readonly count: number }
  | { readonly code: 'failed' }
);

/** Why the scheduler decided something, in numbers: who tells people says it in their language. */
export type Cause =
  | WishCause
  | RefusalCause
  | { readonly code: 'idle'; readonly idleMs: number }
  | { readonly code: 'unwanted' }
  | { readonly code: 'memory_pressure'; readonly shortBytes: number }
  | { readonly code: 'adapter'; readonly key: ModelKey };

/** What to do about it. */
export type SchedulerEffect =
  /** `demand` is the model as it is loaded. */
  | { readonly type: 'grant'; readonly ticketId: number; readonly demand: ModelDemand }
  | { readonly type: 'refuse'; readonly ticketId: number; readonly error: ApiError }
  | { readonly type: 'load'; readonly demand: ModelDemand; readonly cause: Cause }
  | { readonly type: 'unload'; readonly key: ModelKey; readonly cause: Cause };

/** Something the scheduler decided, for operators. */
export interface Decision {
  /** Clock time, ms; of the last one when there were several. */
  readonly at: number;
  readonly type: 'load' | 'unload' | 'refuse';
  readonly key: ModelKey;
  readonly cause: Cause;
  /** The cause in words. */
  readonly reason: string;
  /** How often the same was decided in a row. */
  readonly count: number;
}

/** What waits for a model in one tier. */
export interface QueueReport {
  readonly key: ModelKey;
  readonly tier: Tier;
  readonly count: number;
  /** Different callers among them. */
  readonly callers: number;
  /** Clock time, ms, when the oldest of them came. */
  readonly oldestArrivedAt: number;
}

/** A change of memory that is under way. */
export interface FlightReport {
  readonly pool: MemoryPool;
  readonly type: 'loading' | 'unloading';
  readonly keys: readonly ModelKey[];
  /** Clock time, ms. */
  readonly startedAt: number;
  /** How long, ms, a load is expected to take; only for loads. */
  readonly expectedMs: number | undefined;
}

/** What the scheduler knows now, for health and metrics. A copy; it may inform, never decide. */
export interface SchedulerSnapshot {
  readonly waiting: Readonly<Record<Tier, number>>;
  readonly queues: readonly QueueReport[];
  readonly residents: readonly Resident[];
  readonly flights: readonly FlightReport[];
  /** Models that stay, in memory or not. */
  readonly pinned: readonly ModelKey[];
  /** Measured load times, ms. */
  readonly loadTimes: Readonly<Record<ModelKey, number>>;
  /** The last hundred, oldest first. */
  readonly decisions: readonly Decision[];
}

/** What the scheduler asks of the room that holds the models; the app module hands it in. */
export interface Effects {
  /** Loads the model; resolves with the bytes it really takes where that is known, rejects with an ApiError. */
  load(demand: ModelDemand): Promise<number | undefined>;
  /** Unloads it; resolves when its memory is free. A failure is logged by the room; after it memory is read anew. */
  unload(key: ModelKey): Promise<void>;
  /** Bytes that could be given to models of the pool now, residents left in place. Never throws. */
  availableBytes(pool: MemoryPool): number;
  /** A pinned model stays in memory, also when it was there before anybody asked for it here. */
  pin(key: ModelKey, pinned: boolean): void;
  /** The runtime lost the model by itself: its memory no longer counts. */
  forget(key: ModelKey): void;
}

/** The pool of a model. */
export function poolOf(demand: ModelDemand): MemoryPool {
  return demand.pool ?? 'local';
}
