import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RecordedRequest } from '@local-llm-agent/contracts';
import { errorAnswer, type FakeEngine } from '@local-llm-agent/testing';
import { sql } from 'kysely';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import { Store } from '../src/store/store.service.js';
import { CHAT, ask, askChat, open, startGateway, type RunningGateway } from './gateway.harness.js';
import { bearer, type KeysClient } from './keys.harness.js';
import { Gate, numbered, until, untilRunning } from './response-cache.harness.js';
import { STORES, UsageClient, startUsage, usagePlace } from './usage.harness.js';

const COLD = { temperature: 0 } as const;
const COMPUTED = { cached: false, outcome: 'ok', promptTokens: 7, completionTokens: 3, estimated: false };
const CACHED = { cached: true, outcome: 'ok', promptTokens: 0, completionTokens: 0, estimated: false };
const MIGRATION = '0004-usage-cached';

describe.each(STORES)('usage of answers that were not made for a request, in $store,', ({ isPostgres, skipped }) => {
  const test = skipped === undefined ? it : it.skip;
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let usage: UsageClient;
  let keys: KeysClient;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    if (skipped !== undefined) return;
    ({ engine, gateway, usage, keys, stop } = await startUsage(isPostgres, { RESPONSE_CACHE: 'on' }));
  });
  beforeEach(() => {
    if (skipped === undefined) engine.answerWith(numbered());
  });
  afterAll(async () => {
    if (skipped !== undefined) return;
    await stop();
    expect(engine.faults).toEqual([]);
  });

  /** What was recorded of a caller, the first request first. */
  const recordsOf = async (id: string): Promise<RecordedRequest[]> => (await usage.requests(`key=${id}`)).reverse();

  test('is marked and has no tokens, in the list, in the sums and in CSV', async () => {
    const { key, id } = await keys.create({ name: 'ada' });
    for (const stream of [false, false, true, true]) await askChat(gateway, { ...COLD, stream }, bearer(key));
    // That of a request with many possible answers is made for it.
    await askChat(gateway, {}, bearer(key));
    expect(await recordsOf(id)).toMatchObject([COMPUTED, CACHED, COMPUTED, CACHED, COMPUTED]);
    const [row] = (await usage.report('groupBy=key')).data.filter((each) => each.key === id);
    expect(row).toMatchObject({ requests: 5, cached: 2, promptTokens: 21, completionTokens: 9, totalTokens: 30 });
    const { data, total } = await usage.report('groupBy=model');
    expect(total.cached).toBe(data.reduce((all, { cached }) => all + cached, 0));
    const [names, ...lines] = (await usage.ask('usage?groupBy=key&format=csv')).text.split('\r\n');
    expect(names).toMatch(/^key,keyName,requests,failed,clientLeft,cached,promptTokens,/);
    expect(lines.find((line) => line.includes(id))).toContain(',5,0,0,2,21,9,30,');
  });

  test('is marked in other dialects, and of a tool whose questions were all answered before', async () => {
    const { key, id } = await keys.create({ name: 'tool' });
    const asks = [
      { path: '/api/embed', body: { model: 'gemma3', input: 'hi' } },
      { path: '/mcp/tools/chat', body: { model: 'gemma3', message: 'hi', temperature: 0 } },
    ];
    for (const question of [...asks, ...asks]) await ask(gateway, { ...question, headers: bearer(key) });
    const records = await recordsOf(id);
    expect(records.map(({ endpoint, cached, promptTokens }) => [endpoint, cached, promptTokens])).toEqual([
      ['/api/embed', false, 7],
      ['/mcp/tools/{name}', false, 7],
      ['/api/embed', true, 0],
      ['/mcp/tools/{name}', true, 0],
    ]);
  });

  test('is marked for who shared a run, but not for who had to pay for it because the first had left', async () => {
    const { key, id } = await keys.create({ name: 'sharer' });
    const gate = new Gate();
    engine.answerWith(numbered({ before: gate.pass }));
    const headers = bearer(key);
    const body = { ...CHAT, ...COLD, stream: true };
    const asked = engine.nextChat();
    const first = await open(gateway, { body, headers });
    await once(first, 'readable');
    await asked;
    const payer = askChat(gateway, { ...COLD, stream: true }, headers);
    await untilRunning(gateway, 2);
    const sharer = askChat(gateway, { ...COLD, stream: true }, headers);
    await untilRunning(gateway, 3);
    first.destroy();
    await untilRunning(gateway, 2);
    gate.open();
    const answers = await Promise.all([payer, sharer]);
    expect(answers.map((answer) => answer.headers['x-cache'])).toEqual(['hit', 'hit']);
    const [left, ...others] = await recordsOf(id);
    expect(left).toMatchObject({ outcome: 'client_left', cached: false, estimated: true });
    expect(others.sort((one, other) => Number(one.cached) - Number(other.cached))).toMatchObject([COMPUTED, CACHED]);
  });

  test('is not marked where the run that was shared has failed', async () => {
    const { key, id } = await keys.create({ name: 'unlucky' });
    const gate = new Gate();
    const error = { code: 'backend_unavailable', message: 'gone', type: 'server_error', param: null } as const;
    const fail = errorAnswer(503, { error });
    engine.answerWith(async (exchange) => {
      await gate.pass();
      await fail(exchange);
    });
    const before = engine.exchanges.length;
    const asked = [askChat(gateway, COLD, bearer(key)), askChat(gateway, COLD, bearer(key))];
    await until(() => engine.exchanges.length > before);
    await untilRunning(gateway, 2);
    gate.open();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([503, 503]);
    const failed = { outcome: 'backend_unavailable', cached: false, promptTokens: 0, estimated: false };
    expect(await recordsOf(id)).toMatchObject([failed, failed]);
  });

  test('can be recorded in a store of the version before, which goes on writing to it', async () => {
    const old = await usagePlace(isPostgres);
    const store = new Store(old);
    const written = sql`insert into usage_days
      (day, caller, model, tier, endpoint, requests, failed, client_left, prompt_tokens, completion_tokens,
       queued, queue_ms, first_tokens, first_token_ms, duration_ms)
      values (${new Date().toISOString().slice(0, 10)}, 'k1', 'gemma3', 'small', '/chat', 3, 0, 0, 7, 3, 0, 0, 0, 0, 9)
      on conflict (day, caller, model, tier, endpoint) do update set requests = usage_days.requests + 3`;
    const before = await store.open();
    for (const table of ['usage_requests', 'usage_days'])
      await before.schema.alterTable(table).dropColumn('cached').execute();
    await sql`delete from migrations where name = ${MIGRATION}`.execute(before);
    await written.execute(before);
    await store.onModuleDestroy();
    const { DATA_DIR, DATABASE_URL } = old;
    const newer = await startGateway(engine.url, {
      settings: { DATA_DIR, DATABASE_URL, USAGE: true, RESPONSE_CACHE: 'on' },
    });
    try {
      const reports = new UsageClient(newer);
      const sums = async (): Promise<object> => (await reports.report('groupBy=endpoint')).total;
      expect(await sums()).toMatchObject({ requests: 3, cached: 0 });
      for (let times = 0; times < 2; times += 1) await askChat(newer, COLD);
      expect(await sums()).toMatchObject({ requests: 5, cached: 1 });
      await written.execute(await store.open());
      expect(await sums()).toMatchObject({ requests: 8, cached: 1 });
    } finally {
      await newer.stop();
      await store.onModuleDestroy();
      await old.remove();
    }
  });
});
