import type { Kysely } from 'kysely';

const MINUTE_MS = 60_000;

/** What of the tables before this step it reads. */
interface Before {
  readonly api_keys: { readonly id: string };
  readonly usage_months: { readonly caller: string; readonly month: string };
  readonly usage_requests: { readonly caller: string; readonly ended_at: number };
}

/** The table that this step makes. */
interface After {
  readonly key_uses: { readonly key_id: string; readonly used_at: number };
}

/**
 * When keys were used last. It begins with what the usage tells of it, so that no key that is in use looks dead; from
 * then on it is kept by itself, since usage can be off, is deleted by age, and has only what asks a model.
 *
 * Read is what an index gives at once, and the small table of months: sums by day may be millions, and a query that takes
 * seconds would keep every gateway from starting.
 */
export async function createKeyUses(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('key_uses')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .execute();
  const before = db as Kysely<Before>;
  const keys = await before.selectFrom('api_keys').select('id').execute();
  for (const { id } of keys) {
    const usedAt = (await lastRequest(before, id)) ?? (await lastMonth(before, id));
    if (usedAt === undefined) continue;
    const values = { key_id: id, used_at: usedAt - (usedAt % MINUTE_MS) };
    await (db as Kysely<After>).insertInto('key_uses').values(values).execute();
  }
}

async function lastRequest(db: Kysely<Before>, id: string): Promise<number | undefined> {
  const query = db.selectFrom('usage_requests').select('ended_at').where('caller', '=', id);
  return (await query.orderBy('ended_at', 'desc').limit(1).executeTakeFirst())?.ended_at;
}

/** The end of the last month with tokens: the key may have been used until then. */
async function lastMonth(db: Kysely<Before>, id: string): Promise<number | undefined> {
  const query = db.selectFrom('usage_months').select('month').where('caller', '=', id);
  const row = await query.orderBy('month', 'desc').limit(1).executeTakeFirst();
  if (!row) return undefined;
  const begin = new Date(`${row.month}-01T00:00:00Z`);
  const next = Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + 1);
  return Math.min(next - MINUTE_MS, Date.now());
}
