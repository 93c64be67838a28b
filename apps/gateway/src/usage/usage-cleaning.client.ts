import type { Database } from '../store/database.factory.js';

/** Rows that were deleted. */
function rowsOf(result: { readonly numDeletedRows: bigint }): number {
  return Number(result.numDeletedRows);
}

/** Deletes the oldest requests that ended before, at most so many. */
export async function deleteRequests(db: Database, endedBefore: number, most: number): Promise<number> {
  const oldest = db
    .selectFrom('usage_requests')
    .select('id')
    .where('ended_at', '<', endedBefore)
    .orderBy('ended_at')
    .limit(most);
  return rowsOf(await db.deleteFrom('usage_requests').where('id', 'in', oldest).executeTakeFirst());
}

/** Deletes the sums of the oldest day that is before this one. */
export async function deleteDay(db: Database, before: string): Promise<number> {
  const oldest = db
    .selectFrom('usage_days')
    .select(({ fn }) => fn.min('day').as('day'))
    .where('day', '<', before);
  return rowsOf(await db.deleteFrom('usage_days').where('day', '=', oldest).executeTakeFirst());
}

/** Deletes the tokens of months before this one, and forgets processes that wrote last before this moment. */
export async function deleteCounters(db: Database, before: { month: string; writtenAt: number }): Promise<number> {
  const months = await db.deleteFrom('usage_months').where('month', '<', before.month).executeTakeFirst();
  const writers = await db.deleteFrom('usage_writers').where('written_at', '<', before.writtenAt).executeTakeFirst();
  return rowsOf(months) + rowsOf(writers);
}
