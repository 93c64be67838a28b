import type { ApiError, Tier } from '@local-llm-agent/contracts';

/** Names one model on one runtime. */
export type ModelKey = string;

/** What a model would take and give if it were loaded. */
export interface ModelDemand {
  readonly key: ModelKey;
  readonly needBytes: number;
  readonly slots: number;
  readonly contextLength: number;
}

/** A request that wants a slot of a model. */
export interface Ticket {
  readonly id: number;
  readonly demand: ModelDemand;
  readonly tier: Tier;
  /** Clock time, ms, when it came. */
  readonly arrivedAt: number;
}

/** What happened. Times come with the event, so that the state machine has no clock. */
export type SchedulerEvent =
  | { readonly type: 'arrived'; readonly ticket: Ticket }
  | { readonly type: 'cancelled'; readonly ticketId: number }
  | { readonly type: 'released'; readonly ticketId: number }
  | { readonly type: 'loaded'; readonly key: ModelKey; readonly measuredBytes: number | undefined }
  | { readonly type: 'loadFailed'; readonly key: ModelKey; readonly error: ApiError }
  | { readonly type: 'unloaded'; readonly key: ModelKey }
  /** The runtime lost the model by itself (it crashed or restarted). */
  | { readonly type: 'lost'; readonly key: ModelKey };

/** What to do about it. */
export type SchedulerEffect =
  | { readonly type: 'grant'; readonly ticketId: number }
  | { readonly type: 'refuse'; readonly ticketId: number; readonly error: ApiError }
  | { readonly type: 'load'; readonly demand: ModelDemand }
  | { readonly type: 'unload'; readonly key: ModelKey };

/** What the scheduler asks of the room that holds the models; the app module hands it in. */
export interface Effects {
  /** Loads the model; resolves with the bytes it really takes where that is known, rejects with an ApiError. */
  load(demand: ModelDemand): Promise<number | undefined>;
  /** Unloads it; resolves when its memory is free. */
  unload(key: ModelKey): Promise<void>;
  /** Bytes that could be given to models now, residents left in place. */
  availableBytes(): number;
}
