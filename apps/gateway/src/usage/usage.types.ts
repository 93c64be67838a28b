import type { Tier, UsageOutcome } from '@local-llm-agent/contracts';

/** What is kept of a request that is over. */
export interface UsageRecord {
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly requestId: string;
  readonly caller: string;
  readonly model: string | undefined;
  readonly tier: Tier | undefined;
  readonly endpoint: string;
  readonly streamed: boolean;
  readonly status: number;
  readonly outcome: UsageOutcome;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Whether the tokens are estimated: nobody told the real ones. */
  readonly estimated: boolean;
  /** Whether nothing was computed for it: the answer came from the response cache, or from the run of another request. */
  readonly cached: boolean;
  readonly queueMs: number | undefined;
  readonly firstTokenMs: number | undefined;
  readonly durationMs: number;
}

/** The day of a moment, UTC. */
export function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** The month of a moment, UTC. */
export function monthOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 7);
}

/** What of requests is summed by day, by the names of its columns. */
type SumColumn =
  | 'requests'
  | 'failed'
  | 'client_left'
  | 'cached'
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'queued'
  | 'queue_ms'
  | 'first_tokens'
  | 'first_token_ms'
  | 'duration_ms';

/** The sums of no request, by the columns of the store. */
export const NO_SUMS: Readonly<Record<SumColumn, number>> = {
  requests: 0,
  failed: 0,
  client_left: 0,
  cached: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  queued: 0,
  queue_ms: 0,
  first_tokens: 0,
  first_token_ms: 0,
  duration_ms: 0,
};
