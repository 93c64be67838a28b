import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import Libsql from 'libsql';
import { CompiledQuery, SqliteDialect, SqliteDriver, type DatabaseConnection, type SqliteDatabase } from 'kysely';

/** How long a write waits for one of another process. It blocks this process, so it is short; writes take milliseconds. */
const BUSY_MS = 2000;

/** Begins every transaction as a writer: one that has read first could not become one while another writes. */
class FileDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class FileDialect extends SqliteDialect {
  constructor(private readonly database: SqliteDatabase) {
    super({ database });
  }

  override createDriver(): FileDriver {
    return new FileDriver({ database: this.database });
  }
}

/**
 * Makes the file where there is none. One that is there is not opened: to close it again would take the locks of all
 * other connections of this process to it (fcntl), and the next process that ends would take their log away.
 */
async function makeFile(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * SQLite in a file of one machine, by libSQL. Makes the file, which only its owner may read, and the folder where they
 * are missing. Several processes may use it: with a write-ahead log readers never wait.
 */
export async function openFile(file: string): Promise<FileDialect> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await makeFile(file);
  const database = new Libsql(file);
  database.exec(`pragma busy_timeout = ${BUSY_MS}`);
  database.exec('pragma journal_mode = wal');
  // After a loss of power the last transactions may be gone, never the database.
  database.exec('pragma synchronous = normal');
  return new FileDialect(database);
}
