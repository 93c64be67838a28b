import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseRequestsQuery, parseUsageQuery } from '@local-llm-agent/contracts';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import type { Database } from '../src/store/database.factory.js';
import { Store } from '../src/store/store.service.js';
import { StoredBudget } from '../src/usage/stored-budget.service.js';
import { UsageBatch } from '../src/usage/usage-batch.state.js';
import { UsageCleaner } from '../src/usage/usage-cleaner.service.js';
import { UsageLedger } from '../src/usage/usage-ledger.service.js';
import { UsageReportService } from '../src/usage/usage-report.service.js';
import { writeBatch } from '../src/usage/usage-table.client.js';
import { recordOf } from './usage-record.harness.js';
import { STORES, usagePlace, type UsagePlace } from './usage.harness.js';

const DAY_MS = 86_400_000;
const NOW = recordOf().endedAt;
const ROOM = { request: true, sum: true };
const TODAY = '2026-03-15';

describe.each(STORES)('usage in $store', ({ isPostgres, skipped }) => {
  const test = skipped === undefined ? it : it.skip;
  let place: UsagePlace;
  let store: Store;
  const ends: (() => Promise<void>)[] = [];
  const notes = { written: 0, dropped: { request: 0, all: 0 }, failed: 0 };

  beforeAll(async () => {
    if (skipped === undefined) place = await usagePlace(isPostgres);
  });
  beforeEach(async () => {
    if (skipped !== undefined) return;
    Object.assign(notes, { written: 0, dropped: { request: 0, all: 0 }, failed: 0 });
    store = newStore();
    const db = await store.open();
    for (const table of ['usage_requests', 'usage_days', 'usage_months', 'usage_writers', 'api_keys'] as const)
      await db.deleteFrom(table).execute();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    if (skipped === undefined) await place.remove();
  });

  function newStore(): Store {
    const made = new Store(place);
    ends.push(() => made.onModuleDestroy());
    return made;
  }

  function newLedger(over = newStore()): UsageLedger {
    const ledger = new UsageLedger(over, {
      written: (requests) => (notes.written += requests),
      dropped: (what) => (notes.dropped[what] += 1),
      failed: () => (notes.failed += 1),
    });
    ends.push(() => ledger.onModuleDestroy());
    return ledger;
  }

  function reportsOf(ledger: UsageLedger): UsageReportService {
    return new UsageReportService(store, ledger, { find: () => undefined }, true);
  }

  async function total(db: Database): Promise<{ requests: number; listed: number }> {
    const sums = await db.selectFrom('usage_days').select('requests').execute();
    const list = await db.selectFrom('usage_requests').select('id').execute();
    return { requests: sums.reduce((all, { requests }) => all + requests, 0), listed: list.length };
  }

  test('is written by itself, within a second', async () => {
    const ledger = newLedger();
    const db = await store.open();
    ledger.record(recordOf());
    while ((await total(db)).listed === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ledger.waiting, ledger.up, notes.written]).toEqual([0, true, 1]);
  });

  test('counts a batch once, also when its commit was never confirmed and it is written again', async () => {
    const db = await store.open();
    const batch = new UsageBatch();
    batch.add(recordOf(), ROOM);
    batch.spend('2026-03', 'k1', 10);
    const stamp = { writer: 'w', number: 1, at: NOW };
    expect(await writeBatch(db, stamp, batch)).toEqual([{ month: '2026-03', caller: 'k1', tokens: 10 }]);
    expect(await writeBatch(db, stamp, batch)).toBeUndefined();
    expect(await total(db)).toEqual({ requests: 1, listed: 1 });
    expect(await writeBatch(db, { ...stamp, number: 2 }, batch)).toEqual([
      { month: '2026-03', caller: 'k1', tokens: 20 },
    ]);
    expect(await writeBatch(db, { ...stamp, writer: 'other' }, batch)).toMatchObject([{ tokens: 30 }]);
    expect(await total(db)).toEqual({ requests: 3, listed: 3 });
  });

  test('is summed right by several that write at the same time', async () => {
    // Of a file one thread has one connection: two would wait for each other without an end.
    const ledgers = Array.from({ length: 4 }, () => newLedger(isPostgres ? newStore() : store));
    for (let round = 0; round < 5; round += 1) {
      for (const ledger of ledgers)
        for (let at = 0; at < 120; at += 1) {
          // In another order each, as requests come: the same rows must never be waited for in a circle.
          ledger.record(recordOf({ caller: `k${(at * 7 + ledgers.indexOf(ledger) * 13) % 60}` }));
          ledger.spend('2026-03', `k${at % 10}`, 1);
        }
      await Promise.all(ledgers.map((ledger) => ledger.flush()));
    }
    const db = await store.open();
    expect(await total(db)).toEqual({ requests: 4 * 5 * 120, listed: 4 * 5 * 120 });
    const months = await db.selectFrom('usage_months').selectAll().execute();
    expect(months).toHaveLength(10);
    expect(months.every(({ tokens }) => tokens === 4 * 5 * 12)).toBe(true);
    expect(notes.failed).toBe(0);
  });

  test('waits in memory while the store is away, up to a bound; the sums lose nothing', async () => {
    const away = isPostgres ? store : new Store({ ...place, DATA_DIR: `${place.DATA_DIR}/blocked` });
    const ledger = newLedger(away);
    if (place.postgres) await place.postgres.stop();
    else writeFileSync(`${place.DATA_DIR}/blocked`, 'in the way');
    away.renew();
    ledger.record(recordOf());
    await expect(ledger.flush()).rejects.toThrow();
    for (let at = 1; at < 10_500; at += 1) ledger.record(recordOf({ requestId: String(at) }));
    expect([ledger.waiting, ledger.up, notes.dropped]).toEqual([10_000, false, { request: 500, all: 0 }]);
    for (let at = 0; at < 5100; at += 1) ledger.record(recordOf({ caller: `c${at}` }));
    // Each of 51 batches has a sum of its own.
    expect(notes.dropped).toEqual({ request: 500 + 4949, all: 151 });
    if (place.postgres) await place.postgres.startAgain();
    else rmSync(`${place.DATA_DIR}/blocked`);
    away.renew();
    await ledger.flush();
    expect(await total(await away.open())).toEqual({ requests: 10_500 + 4949, listed: 10_000 });
    expect([ledger.waiting, ledger.up, notes.written]).toEqual([0, true, 10_000]);
    await away.onModuleDestroy();
    store = newStore();
  });

  test('is cleaned by age, a little at a time, by any number at once', async () => {
    const ledger = newLedger();
    const ages = [0, 29, 31, 60, 399, 401, 500];
    for (const days of ages)
      for (let at = 0; at < 150; at += 1) ledger.record(recordOf({ endedAt: NOW - days * DAY_MS, caller: `k${at}` }));
    for (const month of ['2026-03', '2026-02', '2025-03', '2024-12']) ledger.spend(month, 'k1', 5);
    await ledger.flush();
    const db = await store.open();
    const old = { id: 'old', batch: 3, written_at: NOW - 3 * DAY_MS };
    await db.insertInto('usage_writers').values(old).execute();
    const settings = { USAGE_REQUEST_DAYS: 30, USAGE_DAYS: 400 };
    const cleaners = [new UsageCleaner(store, settings), new UsageCleaner(newStore(), settings)];
    const rows = await Promise.all(cleaners.map((cleaner) => cleaner.clean(NOW)));
    // Requests of five ages, sums of two, one month and one writer.
    expect(rows[0]! + rows[1]!).toBe(5 * 150 + 2 * 150 + 1 + 1);
    expect(await total(db)).toEqual({ requests: 5 * 150, listed: 2 * 150 });
    const months = await db.selectFrom('usage_months').select('month').orderBy('month').execute();
    expect(months.map(({ month }) => month)).toEqual(['2025-03', '2026-02', '2026-03']);
    const writers = await db.selectFrom('usage_writers').select('id').execute();
    expect(writers.map(({ id }) => id)).not.toContain('old');
    expect(writers).toHaveLength(1);
    expect(await cleaners[0]!.clean(NOW)).toBe(0);
  });

  test('of a month is known to all that share the store, and after a restart', async () => {
    const db = await store.open();
    const keyOf = (id: string, tokens: number | null) => ({
      ...{ id, name: id, role: 'inference', hash: '', previous_hash: null, previous_until: null, models: null },
      ...{ tiers: null, requests_per_minute: null, tokens_per_minute: null, concurrency: null },
      ...{ tokens_per_month: tokens, created_at: 1, updated_at: 1, expires_at: null, revoked_at: null },
    });
    await db
      .insertInto('api_keys')
      .values([keyOf('k1', 1000), keyOf('k2', null)])
      .execute();
    const keys = { hasBudgets: true };
    const clock = { now: NOW };
    const start = async (ledger: UsageLedger): Promise<StoredBudget> => {
      const budget = new StoredBudget(ledger, keys, () => clock.now);
      ends.push(() => {
        budget.onModuleDestroy();
        return Promise.resolve();
      });
      await budget.start();
      return budget;
    };
    const first = newLedger();
    const one = await start(first);
    const other = await start(newLedger());
    one.add('k1', 30);
    // Known to its own process at once, before anything is written, while it is, and after.
    expect(one.usedThisMonth('k1')).toBe(30);
    const writing = first.flush();
    expect(one.usedThisMonth('k1')).toBe(30);
    await writing;
    expect(one.usedThisMonth('k1')).toBe(30);
    while (other.usedThisMonth('k1') !== 30) await new Promise((resolve) => setTimeout(resolve, 20));
    other.add('k1', 5);
    while (one.usedThisMonth('k1') !== 35) await new Promise((resolve) => setTimeout(resolve, 20));
    // What was used before there was a budget counts as soon as there is one.
    one.add('k2', 9);
    await first.flush();
    await db.updateTable('api_keys').set({ tokens_per_month: 10 }).where('id', '=', 'k2').execute();
    const late = await start(newLedger());
    expect([late.usedThisMonth('k1'), late.usedThisMonth('k2'), late.usedThisMonth('k3')]).toEqual([35, 9, 0]);
    clock.now = Date.UTC(2026, 3, 1);
    expect(late.usedThisMonth('k1')).toBe(0);
    late.add('k1', 2);
    expect(late.usedThisMonth('k1')).toBe(2);
    clock.now = NOW;
    expect(late.usedThisMonth('k1')).toBe(35);
  });

  test('is refused as a report when it would have too many rows', async () => {
    const ledger = newLedger();
    const reports = reportsOf(ledger);
    for (let part = 0; part < 3; part += 1) {
      for (let at = 0; at < 3400; at += 1) ledger.record(recordOf({ caller: `c${part}-${at}` }));
      await ledger.flush();
    }
    await expect(reports.report(parseUsageQuery({ groupBy: 'key' }, TODAY))).rejects.toMatchObject({
      status: 400,
      param: 'groupBy',
    });
    const { total: sums } = await reports.report(parseUsageQuery({ groupBy: 'day' }, TODAY));
    expect(sums.requests).toBe(3 * 3400);
    expect((await reports.requests(parseRequestsQuery({ limit: '1000' }))).data).toHaveLength(1000);
  });

  test('is not given while the store is away, with a message that says what to do', async () => {
    const blocked = new Store({ DATABASE_URL: undefined, DATA_DIR: `${place.DATA_DIR}/in-the-way` });
    writeFileSync(`${place.DATA_DIR}/in-the-way`, '');
    const ledger = newLedger(blocked);
    ledger.record(recordOf());
    ends.push(() => blocked.onModuleDestroy());
    const reports = new UsageReportService(blocked, ledger, { find: () => undefined }, true);
    await expect(reports.report(parseUsageQuery({}, TODAY))).rejects.toMatchObject({ status: 503 });
    await expect(reports.requests(parseRequestsQuery({}))).rejects.toThrow('Check DATABASE_URL');
    rmSync(`${place.DATA_DIR}/in-the-way`);
    expect((await reports.report(parseUsageQuery({}, TODAY))).total.requests).toBe(1);
  });
});
