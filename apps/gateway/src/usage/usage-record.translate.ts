import type { UsageOutcome } from '@local-llm-agent/contracts';
import type { RequestContext } from '@local-llm-agent/http';
import { usedTokens } from '../admission/used-tokens.policy.js';
import { endpointOf } from './endpoint.policy.js';
import type { UsageRecord } from './usage.types.js';

/** How a request ended. */
export interface RequestEnd {
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly status: number;
  readonly seconds: number;
  /** Whether the whole answer left. */
  readonly answered: boolean;
}

function outcomeOf({ error }: RequestContext, answered: boolean): UsageOutcome {
  if (error) return error.code;
  return answered ? 'ok' : 'client_left';
}

/** What is kept of a request; undefined where nothing is: it was for no model, or nobody knows whose it was. */
export function toUsageRecord(context: RequestContext, end: RequestEnd): UsageRecord | undefined {
  const { caller, tier, startedAt, firstTokenAt } = context;
  if (caller === undefined) return undefined;
  const endpoint = endpointOf({ method: context.method, path: context.path, admitted: tier !== undefined });
  if (endpoint === undefined) return undefined;
  const { prompt, completion, exact } = usedTokens(context);
  return {
    endedAt: end.endedAt,
    requestId: context.id,
    caller,
    model: context.model ?? context.askedModel,
    tier,
    endpoint,
    streamed: context.streaming ?? false,
    status: end.status,
    outcome: outcomeOf(context, end.answered),
    promptTokens: prompt,
    completionTokens: completion,
    estimated: !exact,
    queueMs: context.queueMs,
    firstTokenMs: firstTokenAt === undefined ? undefined : Math.round(firstTokenAt - startedAt),
    durationMs: Math.round(end.seconds * 1000),
  };
}
