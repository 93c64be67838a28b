import type { Transaction } from 'kysely';
import type { Database } from '../store/database.factory.js';
import type { ApiKeyTable, Schema } from '../store/schema.types.js';
import { toKeyRecord } from './key-row.translate.js';
import type { KeyRecord } from './key.types.js';

/** Name of the counter of changes. */
const SUBJECT = 'api_keys';

/** How many changes there were: the same number means the same keys. */
export async function readKeyVersion(db: Database): Promise<number> {
  const row = await db.selectFrom('changes').select('count').where('subject', '=', SUBJECT).executeTakeFirst();
  return row?.count ?? 0;
}

/** All keys, the newest last. */
export async function readKeys(db: Database): Promise<readonly KeyRecord[]> {
  const rows = await db.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toKeyRecord);
}

/** The key with this id. */
export async function readKey(db: Database, id: string): Promise<KeyRecord | undefined> {
  const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toKeyRecord(row);
}

/** Runs a change and counts it, so that all processes see both or neither. */
export function changeKeys<T>(db: Database, change: (within: Transaction<Schema>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (within) => {
    const result = await change(within);
    await within
      .insertInto('changes')
      .values({ subject: SUBJECT, count: 1 })
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet((expression) => ({ count: expression('changes.count', '+', 1) })),
      )
      .execute();
    return result;
  });
}

/** Adds a key. */
export async function insertKey(within: Transaction<Schema>, row: ApiKeyTable): Promise<KeyRecord> {
  return toKeyRecord(await within.insertInto('api_keys').values(row).returningAll().executeTakeFirstOrThrow());
}

/** Changes columns of a key; undefined when there is none with this id. */
export async function updateKey(
  within: Transaction<Schema>,
  id: string,
  columns: Partial<ApiKeyTable>,
): Promise<KeyRecord | undefined> {
  const query = within.updateTable('api_keys').set(columns).where('id', '=', id);
  const row = await query.returningAll().executeTakeFirst();
  return row && toKeyRecord(row);
}

/** The text of a key after a rotation: the hash of the new one, and until when the one before it is good, clock time in ms. */
export interface Rotation {
  readonly hash: string;
  readonly previousUntil: number | undefined;
}

/** Gives a key another text, and keeps the one that it has in this very moment for the grace; undefined when there is none. */
export async function rotateKey(
  within: Transaction<Schema>,
  id: string,
  { hash, previousUntil }: Rotation,
): Promise<KeyRecord | undefined> {
  const query = within
    .updateTable('api_keys')
    .set((columns) => ({
      hash,
      previous_hash: previousUntil === undefined ? null : columns.ref('hash'),
      previous_until: previousUntil ?? null,
      updated_at: Date.now(),
    }))
    .where('id', '=', id)
    .where('revoked_at', 'is', null);
  const row = await query.returningAll().executeTakeFirst();
  return row && toKeyRecord(row);
}

/** Removes a key that was revoked, and when it was used; false when there is none. */
export async function deleteKey(within: Transaction<Schema>, id: string): Promise<boolean> {
  await within.deleteFrom('key_uses').where('key_id', '=', id).execute();
  const query = within.deleteFrom('api_keys').where('id', '=', id).where('revoked_at', 'is not', null);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}
