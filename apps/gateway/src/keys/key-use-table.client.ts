import { sql } from 'kysely';
import type { Database } from '../store/database.factory.js';
import type { KeyUse } from './key-uses.state.js';

/** When keys were used last, Unix milliseconds by their ids; those that never were are not there. */
export async function readKeyUses(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom('key_uses').selectAll().execute();
  return new Map(rows.map(({ key_id, used_at }) => [key_id, used_at]));
}

/** When a key was used last, Unix milliseconds; undefined where it never was. */
export async function readKeyUse(db: Database, id: string): Promise<number | undefined> {
  const row = await db.selectFrom('key_uses').select('used_at').where('key_id', '=', id).executeTakeFirst();
  return row?.used_at;
}

/** Writes when keys were used, all or nothing. A later moment stays, and a key that was removed is left out. */
export async function writeKeyUses(db: Database, uses: readonly KeyUse[]): Promise<void> {
  await db.transaction().execute(async (within) => {
    for (const [minute, ids] of byMinute(uses))
      await within
        .insertInto('key_uses')
        .columns(['key_id', 'used_at'])
        .expression(
          within
            .selectFrom('api_keys')
            .select(['id', sql<number>`cast(${minute} as bigint)`.as('used_at')])
            .where('id', 'in', ids)
            // One order for all writers: in another one, two could wait for each other in the database.
            .orderBy('id'),
        )
        .onConflict((conflict) =>
          conflict.column('key_id').doUpdateSet({ used_at: minute }).where('key_uses.used_at', '<', minute),
        )
        .execute();
  });
}

function byMinute(uses: readonly KeyUse[]): readonly (readonly [number, readonly string[]])[] {
  const minutes = new Map<number, string[]>();
  for (const { id, minute } of uses) minutes.set(minute, [...(minutes.get(minute) ?? []), id]);
  return [...minutes].sort(([one], [other]) => one - other);
}
