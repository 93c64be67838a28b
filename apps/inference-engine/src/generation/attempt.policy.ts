import { ApiError, type ContextExcess } from '@local-llm-agent/contracts';

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
  /** How many times a larger context was tried. */
  readonly enlarged: number;
  /** Most tokens of the answer; undefined where only the context bounds it. */
  readonly answerTokens: number | undefined;
}

/** What to do after a failed attempt. */
export type Remedy =
  /** The error goes to the client. */
  | { readonly type: 'giveUp' }
  /** Another runtime that has the model, at once. */
  | { readonly type: 'elsewhere' }
  /** The same runtime, if it answers after the pause. */
  | { readonly type: 'again'; readonly pauseMs: number }
  /** The model loaded with room for so many tokens; for the least at any rate, when there is not so much room. */
  | {
      readonly type: 'larger';
      readonly error: ApiError;
      readonly neededTokens: number;
      readonly leastTokens: number;
    };

/** Attempts of one request. More would only multiply the load of a system in trouble. */
export const MOST_ATTEMPTS = 4;
/** Larger contexts that are tried: an estimate of the prompt may be too low the first time. */
const MOST_ENLARGED = 2;
/** What an estimate of tokens may be wrong by. */
const ESTIMATE_MARGIN = 1.05;
/** A server that is restarted by its supervisor listens again about now. */
const RUNTIME_PAUSE_MS = 1000;
/** The process of a model is started anew by the next load; the pause lets its memory come back. */
const MODEL_PAUSE_MS = 100;

/**
 * The one place that decides whether a failed request is tried again, and how.
 * 1. What has begun to answer, and what has been tried enough, fails.
 * 2. A prompt that is too long for the context as it is served wants a larger one.
 * 3. Else only what went away under the request is tried again: a refusal would come again.
 * 4. Elsewhere, where that is possible.
 * 5. Else once more at the same place.
 */
export function remedyOf(error: unknown, tried: Tried): Remedy {
  // 1.
  if (tried.spoke || tried.attempts >= MOST_ATTEMPTS) return { type: 'giveUp' };
  if (!(error instanceof ApiError)) return { type: 'giveUp' };
  // 2.
  if (error.excess !== undefined) return largerFor(error, error.excess, tried);
  // 3.
  if (error.lost === undefined) return { type: 'giveUp' };
  // 4.
  if (tried.others) return { type: 'elsewhere' };
  // 5.
  if (tried.again) return { type: 'giveUp' };
  return { type: 'again', pauseMs: error.lost === 'runtime' ? RUNTIME_PAUSE_MS : MODEL_PAUSE_MS };
}

function largerFor(error: ApiError, { promptTokens, exact }: ContextExcess, tried: Tried): Remedy {
  const { enlarged, answerTokens = 0 } = tried;
  if (enlarged >= MOST_ENLARGED) return { type: 'giveUp' };
  const prompt = exact ? promptTokens : Math.ceil(promptTokens * ESTIMATE_MARGIN);
  // The first token of the answer needs a place as well.
  return { type: 'larger', error, neededTokens: prompt + Math.max(1, answerTokens), leastTokens: prompt + 1 };
}
