import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import { MIGRATIONS } from '../src/store/migrations.js';
import { Store } from '../src/store/store.service.js';
import { PostgresServer, ensurePostgres } from './postgres.harness.js';

const missing = ensurePostgres();
const withPostgres = missing === undefined ? describe : describe.skip;

withPostgres(`the store in a real Postgres${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let postgres: PostgresServer;
  const stores: Store[] = [];

  function newStore(): Store {
    const store = new Store({ DATABASE_URL: postgres.url, DATA_DIR: '/nowhere' });
    stores.push(store);
    return store;
  }

  beforeAll(async () => {
    postgres = await PostgresServer.start();
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.onModuleDestroy();
  });

  afterAll(async () => {
    await postgres.remove();
  });

  it('is migrated once, however many start at the same moment', async () => {
    await Promise.all(Array.from({ length: 8 }, () => newStore().open()));
    expect(await postgres.query('select name from migrations')).toEqual(MIGRATIONS.map(({ name }) => ({ name })));
  });

  it('gives numbers as numbers', async () => {
    const db = await newStore().open();
    await db
      .insertInto('changes')
      .values({ subject: 'a', count: 2 ** 40 })
      .execute();
    expect(await db.selectFrom('changes').selectAll().execute()).toEqual([{ subject: 'a', count: 2 ** 40 }]);
  });

  it('fails within seconds when the server hangs, and works again after it was renewed', async () => {
    const store = newStore();
    const db = await store.open();
    postgres.freeze();
    try {
      await expect(db.selectFrom('api_keys').selectAll().execute()).rejects.toThrow(/timeout/i);
      store.renew();
      await expect(store.open()).rejects.toThrow(/timeout/i);
    } finally {
      postgres.thaw();
    }
    const rows = await (await store.open()).selectFrom('api_keys').selectAll().execute();
    expect(rows).toEqual([]);
  });

  it('works again when the server was started again', async () => {
    const store = newStore();
    const db = await store.open();
    await postgres.stop();
    await expect(db.selectFrom('api_keys').selectAll().execute()).rejects.toThrow();
    await postgres.startAgain();
    await expect(db.selectFrom('api_keys').selectAll().execute()).resolves.toEqual([]);
  });

  it('ends with a connection that is lost while it is used the work, not the process', async () => {
    const db = await newStore().open();
    const crashes: unknown[] = [];
    const crash = (error: unknown): unknown => crashes.push(error);
    process.on('uncaughtException', crash);
    try {
      const work = db.transaction().execute(async (within) => {
        await within.selectFrom('api_keys').selectAll().execute();
        await postgres.stop();
        // No query runs in the moment when the connection ends.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await within.selectFrom('api_keys').selectAll().execute();
      });
      await expect(work).rejects.toThrow();
      expect(crashes).toEqual([]);
    } finally {
      process.off('uncaughtException', crash);
      await postgres.startAgain();
    }
  });
});
