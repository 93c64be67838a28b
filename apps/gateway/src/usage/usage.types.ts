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
