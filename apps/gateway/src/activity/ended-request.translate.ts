import type { RequestContext } from '@local-llm-agent/http';
import type { EndedRequest } from './activity-window.state.js';

/** How a request ended. */
export interface RequestEnd {
  /** Unix time, ms. */
  readonly endedAt: number;
  readonly status: number;
}

/** A request that is over, as it is counted; undefined for one that asked no model. */
export function toEndedRequest(context: RequestContext, { endedAt, status }: RequestEnd): EndedRequest | undefined {
  const { tier, error, promptTokens = 0, completionTokens = 0, firstByteAt, startedAt } = context;
  if (tier === undefined) return undefined;
  const firstTokenMs = completionTokens > 0 && firstByteAt !== undefined ? firstByteAt - startedAt : undefined;
  const outcome = error?.code ?? (status === 499 ? 'client_left' : 'ok');
  return { endedAt, outcome, promptTokens, completionTokens, firstTokenMs, queueMs: undefined };
}
