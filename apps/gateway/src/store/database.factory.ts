import { Kysely } from 'kysely';
import { openFile } from './file.dialect.js';
import { migrate } from './migration.runner.js';
import { MIGRATIONS } from './migrations.js';
import { openPostgres } from './postgres.dialect.js';
import type { Schema } from './schema.types.js';

/** Where the database is: the address of a Postgres, or a file. */
export type Place = { readonly url: string } | { readonly file: string };

/** The store as it is used: queries that the compiler checks against the schema. */
export type Database = Kysely<Schema>;

/** What an opening is told about. */
interface Notes {
  /** A connection ended by itself. */
  readonly lost: (error: Error) => void;
  /** These migrations were done. */
  readonly migrated: (names: readonly string[]) => void;
}

/** Opens the database and does the migrations that it lacks. Rejects when it cannot be reached. */
export async function openDatabase(place: Place, notes: Notes): Promise<Database> {
  const dialect = 'url' in place ? openPostgres(place.url, notes.lost) : await openFile(place.file);
  const db = new Kysely<Schema>({ dialect });
  try {
    const done = await migrate(db as unknown as Kysely<unknown>, 'url' in place ? 'postgres' : 'file', MIGRATIONS);
    if (done.length > 0) notes.migrated(done);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
