import { sql, type Kysely, type Transaction } from 'kysely';
import type { Migration } from './migrations.js';

/** Bookkeeping of the runner itself. */
interface History {
  readonly migrations: { readonly name: string; readonly applied_at: number };
}

/** Any number, the same in all versions: who holds it may change the schema. */
const LOCK = 3_160_001;

/**
 * Runs the steps that the database has not seen, all in one transaction under a lock: of several processes that start at
 * once one does it and the others wait. Steps that this version does not know are left alone: a newer version was there.
 */
export async function migrate(
  db: Kysely<unknown>,
  kind: 'file' | 'postgres',
  steps: readonly Migration[],
): Promise<readonly string[]> {
  return (db as Kysely<History>).transaction().execute(async (transaction) => {
    // A transaction of the file begins with its write lock; see the dialect.
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    const done = await appliedSteps(transaction);
    const missing = steps.filter(({ name }) => !done.has(name));
    for (const { name, up } of missing) {
      await up(transaction as unknown as Kysely<unknown>);
      await transaction.insertInto('migrations').values({ name, applied_at: Date.now() }).execute();
    }
    return missing.map(({ name }) => name);
  });
}

async function appliedSteps(transaction: Transaction<History>): Promise<ReadonlySet<string>> {
  await transaction.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
  const rows = await transaction.selectFrom('migrations').select('name').execute();
  return new Set(rows.map(({ name }) => name));
}
