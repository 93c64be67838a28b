import type { ExpressionBuilder, Transaction } from 'kysely';
import type { Database } from '../store/database.factory.js';
import type { Schema, UsageDayTable, UsageMonthTable, UsageRequestTable } from '../store/schema.types.js';
import type { UsageBatch } from './usage-batch.state.js';
import type { UsageRecord } from './usage.types.js';

/** Which batch it is, so that it is written once however often it is tried. */
export interface BatchStamp {
  /** Names the process. */
  readonly writer: string;
  /** Grows by one with each batch. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * Writes a batch, all or nothing. Into a file it is written by the thread that answers requests, without a pause: so no
 * lock of the file is held while something else goes on.
 * @returns the tokens of the months that it adds to, as they are now; undefined when the batch was written before
 */
export function writeBatch(
  db: Database,
  stamp: BatchStamp,
  batch: UsageBatch,
): Promise<readonly UsageMonthTable[] | undefined> {
  return db.transaction().execute(async (within) => {
    if (!(await claim(within, stamp))) return undefined;
    const { requests, days, months } = batch;
    const idOf = (at: number): string => `${stamp.writer}-${stamp.number}-${at}`;
    if (requests.length > 0) {
      const rows = requests.map((record, at) => toRow(record, idOf(at)));
      await within.insertInto('usage_requests').values(rows).execute();
    }
    if (days.length > 0) await addDays(within, days);
    return months.length > 0 ? addMonths(within, months) : [];
  });
}

/** Tokens of a month, of the keys that have a budget. */
export async function readMonth(db: Database, month: string): Promise<readonly UsageMonthTable[]> {
  return db
    .selectFrom('usage_months')
    .innerJoin('api_keys', 'api_keys.id', 'usage_months.caller')
    .where('usage_months.month', '=', month)
    .where('api_keys.tokens_per_month', '>', 0)
    .select(['usage_months.month', 'usage_months.caller', 'usage_months.tokens'])
    .execute();
}

/** False where this batch was written by a try that never heard of it. */
async function claim(within: Transaction<Schema>, { writer, number, at }: BatchStamp): Promise<boolean> {
  const row = await within
    .insertInto('usage_writers')
    .values({ id: writer, batch: number, written_at: at })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ batch: number, written_at: at }).where('usage_writers.batch', '<', number),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

async function addDays(within: Transaction<Schema>, rows: readonly UsageDayTable[]): Promise<void> {
  await within
    .insertInto('usage_days')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['day', 'caller', 'model', 'tier', 'endpoint']).doUpdateSet((expression) => ({
        requests: plus(expression, 'requests'),
        failed: plus(expression, 'failed'),
        client_left: plus(expression, 'client_left'),
        cached: plus(expression, 'cached'),
        prompt_tokens: plus(expression, 'prompt_tokens'),
        completion_tokens: plus(expression, 'completion_tokens'),
        queued: plus(expression, 'queued'),
        queue_ms: plus(expression, 'queue_ms'),
        first_tokens: plus(expression, 'first_tokens'),
        first_token_ms: plus(expression, 'first_token_ms'),
        duration_ms: plus(expression, 'duration_ms'),
      })),
    )
    .execute();
}

type DayCount = Exclude<keyof UsageDayTable, 'day' | 'caller' | 'model' | 'tier' | 'endpoint'>;
type Conflict = ExpressionBuilder<Schema & { readonly excluded: UsageDayTable }, 'usage_days' | 'excluded'>;

function plus(expression: Conflict, column: DayCount) {
  return expression(`usage_days.${column}`, '+', expression.ref(`excluded.${column}`));
}

function addMonths(within: Transaction<Schema>, rows: readonly UsageMonthTable[]): Promise<UsageMonthTable[]> {
  return within
    .insertInto('usage_months')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['month', 'caller']).doUpdateSet((expression) => ({
        tokens: expression('usage_months.tokens', '+', expression.ref('excluded.tokens')),
      })),
    )
    .returningAll()
    .execute();
}

function toRow(record: UsageRecord, id: string): UsageRequestTable {
  return {
    id,
    ended_at: record.endedAt,
    request_id: record.requestId,
    caller: record.caller,
    // Postgres has no text with NUL; the name of a model file is nothing that we choose.
    model: (record.model ?? '').replaceAll('\0', ''),
    tier: record.tier ?? '',
    endpoint: record.endpoint,
    streamed: record.streamed ? 1 : 0,
    status: record.status,
    outcome: record.outcome,
    prompt_tokens: record.promptTokens,
    completion_tokens: record.completionTokens,
    estimated: record.estimated ? 1 : 0,
    cached: record.cached ? 1 : 0,
    queue_ms: record.queueMs ?? null,
    first_token_ms: record.firstTokenMs ?? null,
    duration_ms: record.durationMs,
  };
}
