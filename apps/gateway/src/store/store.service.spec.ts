import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import { migrate } from './migration.runner.js';
import { MIGRATIONS, type Migration } from './migrations.js';
import { Store } from './store.service.js';

describe('the store in a file', () => {
  let folder: string;
  const stores: Store[] = [];

  function storeIn(name: string): Store {
    const store = new Store({ DATABASE_URL: undefined, DATA_DIR: path.join(folder, name) });
    stores.push(store);
    return store;
  }

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'store-'));
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.onModuleDestroy();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes nothing until it is used', async () => {
    const store = storeIn('data');
    expect(await store.exists()).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    await store.open();
    expect(await store.exists()).toBe(true);
    expect(await storeIn('data').exists()).toBe(true);
  });

  it('is for its owner alone', async () => {
    await storeIn('data').open();
    expect(statSync(path.join(folder, 'data')).mode & 0o077).toBe(0);
    for (const file of readdirSync(path.join(folder, 'data')))
      expect(statSync(path.join(folder, 'data', file)).mode & 0o077).toBe(0);
  });

  it('keeps what it was given', async () => {
    const first = storeIn('data');
    await (
      await first.open()
    )
      .insertInto('changes')
      .values({ subject: 'a', count: 2 ** 40 })
      .execute();
    await first.onModuleDestroy();
    const rows = await (await storeIn('data').open()).selectFrom('changes').selectAll().execute();
    expect(rows).toEqual([{ subject: 'a', count: 2 ** 40 }]);
  });

  it('sees what another process has written, also where this one has opened it twice', async () => {
    const first = await storeIn('data').open();
    const second = await storeIn('data').open();
    await first.insertInto('changes').values({ subject: 'a', count: 1 }).execute();
    const other = `import Libsql from 'libsql'; const db = new Libsql(${JSON.stringify(path.join(folder, 'data', 'gateway.db'))});
      db.exec('update changes set count = count + 1'); db.close();`;
    for (let round = 2; round < 5; round += 1) {
      execFileSync(process.execPath, ['--input-type=module', '-e', other], { cwd: import.meta.dirname });
      for (const db of [first, second])
        expect(await db.selectFrom('changes').select('count').execute()).toEqual([{ count: round }]);
    }
  });

  it('is opened and migrated once, however many ask for it', async () => {
    const store = storeIn('data');
    const [one, other] = await Promise.all([store.open(), store.open()]);
    expect(one).toBe(other);
  });

  it('can be opened by several at once', async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => storeIn('data').open()));
    const names = await sql<{ name: string }>`select name from migrations`.execute(opened[3]!);
    expect(names.rows).toEqual(MIGRATIONS.map(({ name }) => ({ name })));
  });

  it('says what is wrong and works as soon as it can', async () => {
    writeFileSync(path.join(folder, 'data'), 'in the way');
    const store = storeIn('data');
    await expect(store.open()).rejects.toMatchObject({ code: 'EEXIST' });
    rmSync(path.join(folder, 'data'));
    await expect(store.open()).resolves.toBeDefined();
  });

  it('opens anew when its connections are given up', async () => {
    const store = storeIn('data');
    const before = await store.open();
    store.renew();
    const after = await store.open();
    expect(after).not.toBe(before);
    await expect(after.selectFrom('api_keys').selectAll().execute()).resolves.toEqual([]);
  });

  describe('and its migrations', () => {
    const step = (name: string, statement: string): Migration => ({
      name,
      up: async (db) => {
        await sql.raw(statement).execute(db);
      },
    });

    async function database(): Promise<Kysely<unknown>> {
      return (await storeIn('data').open()) as unknown as Kysely<unknown>;
    }

    it('run in order, each once', async () => {
      const db = await database();
      const steps = [step('a', 'create table t (x bigint)'), step('b', 'alter table t add column y bigint')];
      expect(await migrate(db, 'file', steps)).toEqual(['a', 'b']);
      expect(await migrate(db, 'file', [...steps, step('c', 'drop table t')])).toEqual(['c']);
    });

    it('leave nothing behind when one fails', async () => {
      const db = await database();
      const steps = [step('a', 'create table t (x bigint)'), step('b', 'create nonsense')];
      await expect(migrate(db, 'file', steps)).rejects.toThrow(/syntax/);
      expect(await migrate(db, 'file', steps.slice(0, 1))).toEqual(['a']);
    });

    it('run also when a later one has run already, as it may where two branches met', async () => {
      const db = await database();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => step(name, `create table ${name} (x bigint)`));
      expect(await migrate(db, 'file', [a!, c!])).toEqual(['a', 'c']);
      expect(await migrate(db, 'file', [a!, b!, c!])).toEqual(['b']);
    });

    it('leave alone what a newer version did', async () => {
      const db = await database();
      await migrate(db, 'file', [step('a', 'create table t (x bigint)'), step('newer', 'create table u (x bigint)')]);
      expect(await migrate(db, 'file', [step('a', 'create table t (x bigint)')])).toEqual([]);
    });
  });
});
