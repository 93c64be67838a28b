import type { ApiError, Tier, UsageOutcome } from '@local-llm-agent/contracts';
import { usedTokens, type TokenFacts } from '../admission/used-tokens.policy.js';
import { endpointOf } from './endpoint.policy.js';
import type { UsageRecord } from './usage.types.js';

/** What the context of a request says of it. */
export interface RequestFacts extends TokenFacts {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly startedAt: number;
  readonly caller?: string;
  readonly tier?: Tier;
  readonly model?: string;
  readonly askedModel?: string;
  readonly streaming?: boolean;
  readonly firstTokenAt?: number;
  readonly queueMs?: number;
  readonly error?: ApiError;
}

/** How a request ended. */
export interface RequestEnd {
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly status: number;
  readonly seconds: number;
  /** Whether the whole answer left. */
  readonly answered: boolean;
}

function outcomeOf({ error }: RequestFacts, answered: boolean): UsageOutcome {
  if (error) return error.code;
  return answered ? 'ok' : 'client_left';
}

/**
 * A request that waited for the run of another may have come to pay for it in the end, when the others had left; and one that
 * asked several questions may have had one computed. Neither had an answer for nothing, whatever `X-Cache` said.
 */
function wasCached({ cached, promptTokens, error }: RequestFacts): boolean {
  return cached === true && promptTokens === undefined && error === undefined;
}

/** What is kept of a request; undefined where nothing is: it was for no model, or nobody knows whose it was. */
export function toUsageRecord(facts: RequestFacts, end: RequestEnd): UsageRecord | undefined {
  const { caller, tier, startedAt, firstTokenAt } = facts;
  if (caller === undefined) return undefined;
  const endpoint = endpointOf({ method: facts.method, path: facts.path, admitted: tier !== undefined });
  if (endpoint === undefined) return undefined;
  const { prompt, completion, exact } = usedTokens(facts, facts.error !== undefined);
  return {
    endedAt: end.endedAt,
    requestId: facts.id,
    caller,
    model: facts.model ?? facts.askedModel,
    tier,
    endpoint,
    streamed: facts.streaming ?? false,
    status: end.status,
    outcome: outcomeOf(facts, end.answered),
    promptTokens: prompt,
    completionTokens: completion,
    estimated: !exact,
    cached: wasCached(facts),
    queueMs: facts.queueMs,
    firstTokenMs: firstTokenAt === undefined ? undefined : Math.round(firstTokenAt - startedAt),
    durationMs: Math.round(end.seconds * 1000),
  };
}
