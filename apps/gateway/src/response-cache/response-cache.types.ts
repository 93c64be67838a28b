import type { Tier } from '@local-llm-agent/contracts';
import type { Dispatcher } from 'undici';
import type { CacheScope } from './cache-key.translate.js';
import type { CacheableRequest } from './cacheable.policy.js';

/** Sends a request to the engine, and plays its answer into the handler. */
export type Send = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => void;

/** A way that a request takes instead of straight to the engine; it may end before it. */
export type Detour = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, send: Send) => void;

/** Where an answer comes from: the cache, a run of another request, or the engine. */
export type CacheOutcome = 'hit' | 'shared' | 'miss';

/** One request that uses the cache. */
export interface CachedRequest {
  readonly asked: CacheableRequest;
  readonly scope: CacheScope;
  /** Whether a new answer is wanted. */
  readonly fresh: boolean;
  /** Requests of one tier share a run: those of another have another priority and other times. */
  readonly tier: Tier;
  /** Whether the place in the queue is told while it waits. */
  readonly waitEvents: boolean;
  /** The name of the model as the client knows it; undefined for one like `auto`, for which the answer says who it was. */
  readonly knownAs: string | undefined;
  /** Told before anything of the answer. */
  readonly told: (outcome: CacheOutcome) => void;
}
