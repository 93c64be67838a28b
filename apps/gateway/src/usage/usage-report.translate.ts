import {
  isTier,
  type RecordedRequest,
  type Tier,
  type UsageGroup,
  type UsageOutcome,
  type UsageReport,
  type UsageRow,
  type UsageSums,
  type UsageTerms,
} from '@local-llm-agent/contracts';
import type { UsageRequestTable } from '../store/schema.types.js';
import type { DaySums } from './usage-report.client.js';
import { NO_SUMS } from './usage.types.js';

/** Tells what people call the caller with this id; null when there is no name. */
export type NameOf = (caller: string) => string | null;

const COUNTS = Object.keys(NO_SUMS) as (keyof typeof NO_SUMS)[];

function mean(sum: number, count: number): number | null {
  return count === 0 ? null : Math.round(sum / count);
}

function tierOf(text: string): Tier | null {
  return isTier(text) ? text : null;
}

function toSums(sums: DaySums): UsageSums {
  return {
    requests: sums.requests,
    failed: sums.failed,
    clientLeft: sums.client_left,
    cached: sums.cached,
    promptTokens: sums.prompt_tokens,
    completionTokens: sums.completion_tokens,
    totalTokens: sums.prompt_tokens + sums.completion_tokens,
    meanQueueMs: mean(sums.queue_ms, sums.queued),
    meanFirstTokenMs: mean(sums.first_token_ms, sums.first_tokens),
    meanDurationMs: mean(sums.duration_ms, sums.requests),
  };
}

function groupsOf(sums: DaySums, groupBy: readonly UsageGroup[], nameOf: NameOf): Partial<UsageRow> {
  const { day = '', caller = '', model = '', tier = '', endpoint = '' } = sums;
  const fields: Record<UsageGroup, Partial<UsageRow>> = {
    day: { day },
    key: { key: caller, keyName: nameOf(caller) },
    model: { model: model === '' ? null : model },
    tier: { tier: tierOf(tier) },
    endpoint: { endpoint },
  };
  return Object.assign({}, ...groupBy.map((group) => fields[group])) as Partial<UsageRow>;
}

function add(one: DaySums, other: DaySums): DaySums {
  const sums: Record<keyof typeof NO_SUMS, number> = { ...NO_SUMS };
  for (const column of COUNTS) sums[column] = one[column] + other[column];
  return sums;
}

/** Sums of the store as they are shown. */
export function toUsageReport(
  terms: UsageTerms,
  rows: readonly DaySums[],
  nameOf: NameOf,
): Omit<UsageReport, 'recording'> {
  const { from, to, groupBy } = terms;
  return {
    from,
    to,
    groupBy: [...groupBy],
    data: rows.map((row) => Object.assign(groupsOf(row, groupBy, nameOf), toSums(row))),
    total: toSums(rows.reduce<DaySums>(add, NO_SUMS)),
  };
}

/** A request of the store as it is shown. */
export function toRecordedRequest(row: Readonly<UsageRequestTable>, nameOf: NameOf): RecordedRequest {
  return {
    id: row.id,
    requestId: row.request_id,
    endedAt: new Date(row.ended_at).toISOString(),
    key: row.caller,
    keyName: nameOf(row.caller),
    model: row.model === '' ? null : row.model,
    tier: tierOf(row.tier),
    endpoint: row.endpoint,
    streamed: row.streamed === 1,
    status: row.status,
    outcome: row.outcome as UsageOutcome,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    estimated: row.estimated === 1,
    cached: row.cached === 1,
    queueMs: row.queue_ms,
    firstTokenMs: row.first_token_ms,
    durationMs: row.duration_ms,
  };
}
