import type { Kysely } from 'kysely';

const MINUTE_MS = 60_000;

/** What of the tables before this step it reads. */
interface Before {
  readonly api_keys: { readonly id: string };
  readonly usage_days: { readonly caller: string; readonly day: string };
  readonly usage_requests: { readonly caller: string; readonly ended_at: number };
}

/** The table that this step makes. */
interface After {
  readonly key_uses: { readonly key_id: string; readonly used_at: number };
}

/**
 * When keys were used last. It begins with what the usage tells of it, so that no key that is in use looks dead; from
 * then on it is kept by itself, since usage can be off, is deleted by age, and has only what asks a model.
 */
export async function createKeyUses(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('key_uses')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .execute();
  const before = db as Kysely<Before>;
  const lastDays = await before
    .selectFrom('usage_days')
    .innerJoin('api_keys', 'api_keys.id', 'usage_days.caller')
    .select(({ fn }) => ['usage_days.caller', fn.max('usage_days.day').as('day')])
    .groupBy('usage_days.caller')
    .execute();
  for (const { caller, day } of lastDays) {
    const values = { key_id: caller, used_at: await lastUse(before, caller, Date.parse(day)) };
    await (db as Kysely<After>).insertInto('key_uses').values(values).execute();
  }
}

/** The minute of the last request of a key; the day it was, where single requests are not kept so long. */
async function lastUse(db: Kysely<Before>, caller: string, day: number): Promise<number> {
  const { last } = await db
    .selectFrom('usage_requests')
    .select(({ fn }) => fn.max<number | null>('ended_at').as('last'))
    .where('caller', '=', caller)
    .where('ended_at', '>=', day)
    .executeTakeFirstOrThrow();
  return last === null ? day : last - (last % MINUTE_MS);
}
