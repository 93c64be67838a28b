import type { Kysely } from 'kysely';

/**
 * Which requests were answered from the response cache, and how many of a day. The default is for replicas of the version
 * before, which go on writing without it, and for what was written before: nobody knows it of that.
 */
export async function addUsageCached(db: Kysely<unknown>): Promise<void> {
  for (const table of ['usage_requests', 'usage_days']) {
    await db.schema
      .alterTable(table)
      .addColumn('cached', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  }
}
