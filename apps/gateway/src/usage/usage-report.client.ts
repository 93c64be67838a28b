import { sql } from 'kysely';
import type { RequestsTerms, UsageGroup, UsageTerms } from '@local-llm-agent/contracts';
import type { Database } from '../store/database.factory.js';
import type { UsageDayTable, UsageRequestTable } from '../store/schema.types.js';

/** Requests that a filter looks through, the last ones: an answer never takes long, whatever it filters by. */
const MOST_LOOKED_AT = 20_000;

const COLUMNS = {
  day: 'day',
  key: 'caller',
  model: 'model',
  tier: 'tier',
  endpoint: 'endpoint',
} as const satisfies Record<UsageGroup, keyof UsageDayTable>;

/** Sums of days, with the columns that they are grouped by. */
export type DaySums = Omit<UsageDayTable, (typeof COLUMNS)[UsageGroup]> &
  Partial<Pick<UsageDayTable, (typeof COLUMNS)[UsageGroup]>>;

/** Postgres gives the sum of bigints another type. */
function sum(column: Exclude<keyof UsageDayTable, (typeof COLUMNS)[UsageGroup]>) {
  return sql<number>`cast(sum(${sql.ref(column)}) as bigint)`.as(column);
}

/** The sums of some days, a row for each combination of what they are grouped by, in its order; at most so many. */
export async function readSums(db: Database, terms: UsageTerms, most: number): Promise<readonly DaySums[]> {
  const columns = terms.groupBy.map((group) => COLUMNS[group]);
  let query = db.selectFrom('usage_days').where('day', '>=', terms.from).where('day', '<=', terms.to).select(columns);
  for (const column of columns) query = query.groupBy(column).orderBy(column);
  return query
    .select([
      sum('requests'),
      sum('failed'),
      sum('client_left'),
      sum('cached'),
      sum('prompt_tokens'),
      sum('completion_tokens'),
      sum('queued'),
      sum('queue_ms'),
      sum('first_tokens'),
      sum('first_token_ms'),
      sum('duration_ms'),
    ])
    .limit(most)
    .execute();
}

/** The last requests that match, the last one first. */
export async function readRequests(db: Database, terms: RequestsTerms): Promise<readonly UsageRequestTable[]> {
  const { limit, key, model, tier, outcome } = terms;
  let recent = db.selectFrom('usage_requests').selectAll();
  if (key !== undefined) recent = recent.where('caller', '=', key);
  let query = db
    .selectFrom(recent.orderBy('ended_at', 'desc').limit(MOST_LOOKED_AT).as('recent'))
    .selectAll()
    .orderBy('ended_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (model !== undefined) query = query.where('model', '=', model);
  if (tier !== undefined) query = query.where('tier', '=', tier);
  if (outcome === 'failed') query = query.where('outcome', 'not in', ['ok', 'client_left']);
  else if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  return query.execute();
}
