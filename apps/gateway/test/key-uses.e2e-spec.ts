import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiKey, ApiKeyList } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import type { Database } from '../src/store/database.factory.js';
import { readKeyUses, writeKeyUses } from '../src/keys/key-use-table.client.js';
import { KeyUses } from '../src/keys/key-uses.service.js';
import { Store } from '../src/store/store.service.js';
import { ask, askChat, startGateway, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess, runKeysCommandLine } from './gateway.process.js';
import { ADMIN_KEY, KeysClient, bearer } from './keys.harness.js';
import { STORES, usagePlace, type UsagePlace } from './usage.harness.js';

const NOON = Date.UTC(2026, 0, 20, 12);
const MINUTE = 60_000;
const ANY_KEY = { find: () => ({}) as never };

function rowOf(id: string) {
  return {
    ...{ id, name: id, role: 'inference', hash: '', previous_hash: null, previous_until: null, models: null },
    ...{ tiers: null, requests_per_minute: null, tokens_per_minute: null, concurrency: null, cache: null },
    ...{ tokens_per_month: null, created_at: 1, updated_at: 1, expires_at: null, revoked_at: null },
  };
}

/** The beginning of the minute. */
function minuteOf(moment: number): string {
  return new Date(moment - (moment % MINUTE)).toISOString();
}

describe.each(STORES)('when keys were used last, in $store', ({ isPostgres, skipped }) => {
  const test = skipped === undefined ? it : it.skip;
  let place: UsagePlace;
  let engine: FakeEngine;
  let store: Store;
  let db: Database;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    engine = await FakeEngine.start();
    if (skipped === undefined) place = await usagePlace(isPostgres);
  });
  beforeEach(async () => {
    if (skipped !== undefined) return;
    store = new Store(place);
    db = await store.open();
    for (const table of ['key_uses', 'api_keys', 'usage_requests', 'usage_days'] as const)
      await db.deleteFrom(table).execute();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    if (skipped === undefined) await store.onModuleDestroy();
  });
  afterAll(async () => {
    await engine.close();
    if (skipped === undefined) await place.remove();
  });

  const listOf = async (gateway: Pick<RunningGateway, 'port'>): Promise<ApiKey[]> =>
    ((await new KeysClient(gateway).ask('GET')).json() as ApiKeyList).data;

  async function start(): Promise<RunningGateway> {
    const { DATA_DIR, DATABASE_URL } = place;
    const gateway = await startGateway(engine.url, { settings: { DATA_DIR, DATABASE_URL, ADMIN_KEY } });
    ends.push(() => gateway.stop());
    return gateway;
  }

  test('is shown to the minute, without usage, for every way to use one; never for one that was not used', async () => {
    const gateway = await start();
    const admin = new KeysClient(gateway);
    const used = await admin.create({ name: 'used' });
    const idle = await admin.create({ name: 'idle' });
    expect([used.lastUsedAt, idle.lastUsedAt]).toEqual([null, null]);
    const begin = Date.now();
    expect((await askChat(gateway, {}, bearer(used.key))).status).toBe(200);
    const shown = async (): Promise<(string | null)[]> => (await listOf(gateway)).map(({ lastUsedAt }) => lastUsedAt);
    const [first, never] = await shown();
    expect([minuteOf(begin), minuteOf(Date.now())]).toContain(first);
    expect(never).toBeNull();
    // What asks no model is a use as well; what is refused for its key is none.
    await ask(gateway, { path: '/v1/models', headers: bearer(idle.key.replace(/.$/, '!')) });
    expect((await shown())[1]).toBeNull();
    await ask(gateway, { path: '/v1/models', headers: bearer(idle.key) });
    expect((await shown())[1]).not.toBeNull();
    const [one, revoked] = [await admin.ask('GET', `/${used.id}`), await admin.revoke(idle.id)];
    expect([(one.json() as ApiKey).lastUsedAt, revoked.lastUsedAt]).toEqual(await shown());
  });

  test('is no change of the key: nobody reads the keys again for it', async () => {
    const gateway = await start();
    const { key, id, updatedAt } = await new KeysClient(gateway).create();
    const changes = () => db.selectFrom('changes').selectAll().execute();
    const before = await changes();
    await askChat(gateway, {}, bearer(key));
    const [after] = await listOf(gateway);
    expect([after?.id, after?.updatedAt, typeof after?.lastUsedAt]).toEqual([id, updatedAt, 'string']);
    expect(await changes()).toEqual(before);
  });

  test('is the latest of all that write, in whatever order; a key that is not there is left out', async () => {
    await db.insertInto('api_keys').values(['a', 'b', 'c'].map(rowOf)).execute();
    await writeKeyUses(db, [
      { id: 'a', minute: NOON },
      { id: 'b', minute: NOON + MINUTE },
      { id: 'gone', minute: NOON },
    ]);
    await writeKeyUses(db, [
      { id: 'b', minute: NOON },
      { id: 'a', minute: NOON + MINUTE },
    ]);
    expect([...(await readKeyUses(db))].sort()).toEqual([
      ['a', NOON + MINUTE],
      ['b', NOON + MINUTE],
    ]);
  });

  test('is written by several at once for the same keys in other orders', async () => {
    const ids = Array.from({ length: 450 }, (_, at) => `k${at}`);
    for (let from = 0; from < ids.length; from += 50)
      await db
        .insertInto('api_keys')
        .values(ids.slice(from, from + 50).map(rowOf))
        .execute();
    const now = { ms: NOON };
    const writers = Array.from({ length: 4 }, () => {
      // Of a file one thread has one connection: two would wait for each other without an end.
      const own = isPostgres ? new Store(place) : store;
      if (isPostgres) ends.push(() => own.onModuleDestroy());
      return new KeyUses(own, ANY_KEY, () => now.ms);
    });
    for (let round = 0; round < 3; round += 1) {
      now.ms += MINUTE;
      for (const [at, writer] of writers.entries())
        for (let step = 0; step < ids.length; step += 1) writer.note(ids[(step * 7 + at * 101) % ids.length]!);
      await Promise.all(writers.map((writer) => writer.flush()));
    }
    for (const writer of writers) await writer.onModuleDestroy();
    const uses = await readKeyUses(db);
    expect([uses.size, new Set(uses.values())]).toEqual([450, new Set([NOON + 3 * MINUTE])]);
  });

  test('waits in memory while the store is away, and is written when it is back', async () => {
    const blocked = new Store({ ...place, DATA_DIR: `${place.DATA_DIR}/blocked` });
    const away = isPostgres ? store : blocked;
    if (place.postgres) await place.postgres.stop();
    else writeFileSync(`${place.DATA_DIR}/blocked`, 'in the way');
    away.renew();
    const uses = new KeyUses(away, ANY_KEY, () => NOON);
    uses.note('a');
    await expect(uses.flush()).rejects.toThrow();
    if (place.postgres) await place.postgres.startAgain();
    else rmSync(`${place.DATA_DIR}/blocked`);
    away.renew();
    const back = await away.open();
    await back.insertInto('api_keys').values(rowOf('a')).execute();
    await uses.flush();
    expect([...(await readKeyUses(back))]).toEqual([['a', NOON]]);
    await blocked.onModuleDestroy();
  });

  test('is written when a gateway ends, right over two of them, and shown by the command line', async () => {
    const settings = {
      DATA_DIR: place.DATA_DIR,
      ...(place.DATABASE_URL === undefined ? {} : { DATABASE_URL: place.DATABASE_URL }),
      ENGINE_URL: engine.url,
      ADMIN_KEY,
    };
    const one = await GatewayProcess.start(settings);
    const other = isPostgres ? await GatewayProcess.start(settings) : one;
    ends.push(
      () => one.stop(),
      () => other.stop(),
    );
    const [made, idle] = [await new KeysClient(one).create(), await new KeysClient(one).create({ name: 'idle' })];
    const statusOf = async (): Promise<number> =>
      (await askChat(other as unknown as RunningGateway, {}, bearer(made.key))).status;
    while ((await statusOf()) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    await other.stop();
    const { out } = await runKeysCommandLine(['list'], settings);
    const table = out.split('\n');
    expect(table[0]).toMatch(/ LAST USED$/);
    expect(table.find((row) => row.startsWith(made.id))).toMatch(/ never +\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/);
    expect(table.find((row) => row.startsWith(idle.id))).toMatch(/ never +never$/);
    const json = await runKeysCommandLine(['show', made.id, '--json'], settings);
    expect((JSON.parse(json.out) as ApiKey).lastUsedAt).toMatch(/:00\.000Z$/);
  });

  test('is forgotten with the key', async () => {
    const gateway = await start();
    const { id, key } = await new KeysClient(gateway).create();
    await askChat(gateway, {}, bearer(key));
    await new KeysClient(gateway).revoke(id);
    expect((await readKeyUses(db)).size).toBe(1);
    const settings = { DATA_DIR: place.DATA_DIR, ...(isPostgres ? { DATABASE_URL: place.DATABASE_URL! } : {}) };
    expect(await runKeysCommandLine(['remove', id], settings)).toMatchObject({ code: 0, errors: '' });
    expect((await readKeyUses(db)).size).toBe(0);
  });
});
