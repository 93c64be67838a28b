import { ApiError } from '@local-llm-agent/contracts';

/** What one request has been through when an attempt failed. */
export interface Tried {
  /** Attempts so far, the failed one included. */
  readonly attempts: number;
  /** Whether the runtime had begun to answer in the failed one. */
  readonly spoke: boolean;
  /** Whether another runtime that was not tried yet has the model. */
  readonly others: boolean;
  /** Whether this runtime has failed the request before. */
  readonly again: boolean;
}

/** What to do after a failed attempt. */
export type Remedy =
  /** The error goes to the client. */
  | { readonly type: 'giveUp' }
  /** Another runtime that has the model, at once. */
  | { readonly type: 'elsewhere' }
  /** The same runtime, if it answers after the pause. */
  | { readonly type: 'again'; readonly pauseMs: number };

/** Attempts of one request. More would only multiply the load of a system in trouble. */
export const MOST_ATTEMPTS = 4;
/** A server that is restarted by its supervisor listens again about now. */
const RUNTIME_PAUSE_MS = 1000;
/** The process of a model is started anew by the next load; the pause lets its memory come back. */
const MODEL_PAUSE_MS = 100;

/**
 * The one place that decides whether a failed request is tried again, and how.
 * 1. What has begun to answer, and what has been tried enough, fails.
 * 2. Only what went away under the request is tried again: a refusal would come again.
 * 3. Elsewhere, where that is possible.
 * 4. Else once more at the same place.
 */
export function remedyOf(error: unknown, tried: Tried): Remedy {
  // 1.
  if (tried.spoke || tried.attempts >= MOST_ATTEMPTS) return { type: 'giveUp' };
  // 2.
  if (!(error instanceof ApiError) || error.lost === undefined) return { type: 'giveUp' };
  // 3.
  if (tried.others) return { type: 'elsewhere' };
  // 4.
  if (tried.again) return { type: 'giveUp' };
  return { type: 'again', pauseMs: error.lost === 'runtime' ? RUNTIME_PAUSE_MS : MODEL_PAUSE_MS };
}
