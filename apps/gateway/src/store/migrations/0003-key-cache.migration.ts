import type { Kysely } from 'kysely';

/** Whether the requests of a key use the response cache. */
export async function addKeyCache(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('api_keys').addColumn('cache', 'bigint').execute();
}
