import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ErrorBody, RecordedRequest } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  chatEvent,
  endStream,
  errorAnswer,
  fullAnswer,
  openStream,
  plainAnswer,
  silence,
  streamAnswer,
  streamThenCut,
} from '@local-llm-agent/testing';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import { Store } from '../src/store/store.service.js';
import {
  CHAT,
  CHAT_PATH,
  ask,
  askChat,
  open,
  startGateway,
  type Question,
  type RunningGateway,
} from './gateway.harness.js';
import { bearer, type KeysClient } from './keys.harness.js';
import { OpenApi, classAt, type DescribedRoutes } from './openapi.harness.js';
import { STORES, UsageClient, startUsage, usagePlace, type UsagePlace } from './usage.harness.js';

const MESSAGES = [{ role: 'user', content: 'hi' }];
/** A request in each dialect, and the endpoint under which it is recorded. */
const DIALECTS: readonly { endpoint: string; path: string; body: object }[] = [
  { endpoint: CHAT_PATH, path: CHAT_PATH, body: CHAT },
  { endpoint: '/v1/completions', path: '/v1/completions', body: { model: 'gemma3', prompt: 'hi' } },
  { endpoint: '/v1/embeddings', path: '/v1/embeddings', body: { model: 'gemma3', input: 'hi' } },
  { endpoint: '/v1/responses', path: '/v1/responses', body: { model: 'gemma3', input: 'hi' } },
  {
    endpoint: '/v1/messages',
    path: '/v1/messages',
    body: { model: 'gemma3', max_tokens: 9, messages: MESSAGES },
  },
  { endpoint: '/api/chat', path: '/api/chat', body: { model: 'gemma3', messages: MESSAGES, stream: false } },
  { endpoint: '/api/generate', path: '/api/generate', body: { model: 'gemma3', prompt: 'hi', stream: false } },
  { endpoint: '/api/embed', path: '/api/embed', body: { model: 'gemma3', input: 'hi' } },
  { endpoint: '/chat', path: '/chat', body: { model: 'gemma3', message: 'hi' } },
  { endpoint: '/chat/{model}', path: '/chat/gemma3', body: { message: 'hi' } },
  { endpoint: '/mcp/tools/{name}', path: '/mcp/tools/chat', body: { message: 'hi', model: 'gemma3' } },
];

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: { readonly example?: string };
}

describe.each(STORES)('usage in $store', ({ isPostgres, skipped }) => {
  const test = skipped === undefined ? it : it.skip;
  let place: UsagePlace;
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let usage: UsageClient;
  let keys: KeysClient;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    if (skipped !== undefined) return;
    ({ place, engine, gateway, usage, keys, stop } = await startUsage(isPostgres, { HEARTBEAT_SECONDS: 1 }));
  });
  beforeEach(() => {
    if (skipped === undefined) engine.answerWith(plainAnswer('hello'));
  });
  afterAll(async () => {
    if (skipped !== undefined) return;
    await stop();
    expect(engine.faults).toEqual([]);
  });

  /** Asks with a new key, and gives what was recorded of it. */
  async function recorded(question: Question, name = 'a caller'): Promise<RecordedRequest[]> {
    const { key, id } = await keys.create({ name });
    await ask(gateway, { ...question, headers: { ...bearer(key), ...question.headers } });
    return usage.requests(`key=${id}`);
  }

  test('has caller, model, tier, endpoint, tokens, times and outcome of a plain answer', async () => {
    engine.answerWith(plainAnswer('hello', { promptTokens: 11, completionTokens: 5, queueMs: 42 }));
    const before = Date.now();
    const { key, id } = await keys.create({ name: 'ada' });
    await askChat(gateway, {}, { ...bearer(key), 'x-request-id': 'my-request' });
    const [record] = await usage.requests(`key=${id}`);
    expect(record).toEqual({
      id: expect.any(String),
      requestId: 'my-request',
      endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      key: id,
      keyName: 'ada',
      model: 'gemma3',
      tier: 'small',
      endpoint: CHAT_PATH,
      streamed: false,
      status: 200,
      outcome: 'ok',
      promptTokens: 11,
      completionTokens: 5,
      estimated: false,
      cached: false,
      queueMs: 42,
      firstTokenMs: null,
      durationMs: expect.any(Number),
    });
    expect(Date.parse(record!.endedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(record!.endedAt)).toBeLessThanOrEqual(Date.now());
  });

  test('has the wait from the trailers of a stream, and the time until its first event, not until its comments', async () => {
    let spoke = 0;
    engine.answerWith(async ({ res }) => {
      openStream(res);
      res.write(': waiting\n\n');
      await new Promise((resolve) => setTimeout(resolve, 300));
      spoke = performance.now();
      res.write(chatEvent('one'));
      endStream(res, { queueMs: 250 });
    });
    const begin = performance.now();
    const [record] = await recorded({ body: { ...CHAT, stream: true } });
    expect(record).toMatchObject({ streamed: true, queueMs: 250, outcome: 'ok', promptTokens: 7, completionTokens: 3 });
    expect(record!.firstTokenMs).toBeGreaterThanOrEqual(290);
    expect(record!.firstTokenMs).toBeLessThanOrEqual(Math.ceil(performance.now() - begin));
    expect(spoke).toBeGreaterThan(0);
  });

  test.each(DIALECTS)('is recorded of $path', async ({ endpoint, path, body }) => {
    engine.answerWith(fullAnswer);
    const records = await recorded({ path, body });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ endpoint, status: 200, outcome: 'ok', tier: 'small', promptTokens: 7 });
  });

  test('is recorded of a call by MCP, and of nothing that asks no model', async () => {
    const call = (method: string, params: object): object => ({ jsonrpc: '2.0', id: 1, method, params });
    const accept = { accept: 'application/json, text/event-stream' };
    const listed = await recorded({ path: '/mcp', body: call('tools/list', {}), headers: accept });
    expect(listed).toEqual([]);
    const params = { name: 'chat', arguments: { message: 'hi', model: 'gemma3' } };
    const [record] = await recorded({ path: '/mcp', body: call('tools/call', params), headers: accept });
    expect(record).toMatchObject({ endpoint: '/mcp', outcome: 'ok', promptTokens: 7, completionTokens: 3 });
    for (const path of ['/v1/models', '/health', '/models', '/api/tags']) expect(await recorded({ path })).toEqual([]);
  });

  test('has the code of an error, of the gateway and of the engine, and no tokens', async () => {
    const [bad] = await recorded({ body: { model: 'gemma3', messages: [] } });
    expect(bad).toMatchObject({ outcome: 'invalid_request', status: 400, tier: null, model: null, promptTokens: 0 });
    const body: ErrorBody = {
      error: { code: 'backend_unavailable', message: 'full', type: 'server_error', param: null },
    };
    engine.answerWith(errorAnswer(503, body, { 'x-queue-ms': '77' }));
    const [failed] = await recorded({ body: CHAT });
    expect(failed).toMatchObject({
      outcome: 'backend_unavailable',
      status: 503,
      model: 'gemma3',
      queueMs: 77,
      promptTokens: 0,
      estimated: false,
    });
  });

  test('has the code of an error in the middle of a stream, and what was seen of it', async () => {
    engine.answerWith(streamThenCut(chatEvent('') + chatEvent('one') + chatEvent('two')));
    const [record] = await recorded({ body: { ...CHAT, stream: true } });
    expect(record).toMatchObject({ outcome: 'backend_unavailable', status: 200, completionTokens: 2, estimated: true });
    expect(record!.promptTokens).toBeGreaterThan(0);
  });

  test('says that the client left, in the middle of a stream and before anything came', async () => {
    engine.answerWith(({ res }) => {
      openStream(res, { queueMs: 5 });
      res.write(chatEvent('') + chatEvent('one'));
    });
    const { key, id } = await keys.create({ name: 'leaver' });
    const answer = await open(gateway, { body: { ...CHAT, stream: true }, headers: bearer(key) });
    await once(answer, 'data');
    const cut = engine.lastChat.ended;
    answer.destroy();
    expect(await cut).toBe('cut');
    engine.answerWith(silence);
    const gone = new AbortController();
    const asked = engine.nextChat();
    const waiting = open(gateway, { body: CHAT, headers: bearer(key), signal: gone.signal }).catch(() => undefined);
    const { ended } = await asked;
    gone.abort();
    await waiting;
    expect(await ended).toBe('cut');
    const [before, middle] = await usage.requests(`key=${id}`);
    expect(before).toMatchObject({ outcome: 'client_left', status: 499, completionTokens: 0, estimated: true });
    expect(middle).toMatchObject({ outcome: 'client_left', status: 200, completionTokens: 1, estimated: true });
    const { data } = await usage.report('groupBy=key');
    expect(data.find((row) => row.key === id)).toMatchObject({ requests: 2, clientLeft: 2, failed: 0 });
  });

  test('is not kept of who has no good key', async () => {
    const before = (await usage.report()).total.requests;
    await askChat(gateway, {}, bearer('wrong'));
    expect((await usage.report()).total.requests).toBe(before);
  });

  test('has nothing of a prompt or an answer, nor of a key', async () => {
    const secret = 'the-word-that-must-not-be-kept';
    engine.answerWith(streamAnswer([secret, secret]));
    const { key } = await keys.create({ name: 'quiet' });
    await askChat(gateway, { stream: true, messages: [{ role: 'user', content: secret }], user: secret }, bearer(key));
    engine.answerWith(plainAnswer(secret));
    await askChat(gateway, { model: secret }, bearer(key));
    await ask(gateway, { path: `/chat/${secret}?${secret}`, body: { message: secret }, headers: bearer(key) });
    await ask(gateway, { path: CHAT_PATH, body: { [secret]: secret }, headers: bearer(key) });
    await usage.requests();
    const store = new Store(place);
    try {
      const db = await store.open();
      for (const table of ['usage_requests', 'usage_days', 'usage_months', 'usage_writers'] as const) {
        const text = JSON.stringify(await db.selectFrom(table).selectAll().execute());
        expect(text).not.toContain(secret);
        expect(text).not.toContain(key);
        expect(text.length).toBeGreaterThan(10);
      }
    } finally {
      await store.onModuleDestroy();
    }
  });

  test('is summed by key, model, day and tier, alone and together', async () => {
    const { key, id } = await keys.create({ name: '=cmd()' });
    engine.answerWith(plainAnswer('hello', { promptTokens: 100, completionTokens: 10, queueMs: 30 }));
    await askChat(gateway, {}, bearer(key));
    engine.answerWith(
      plainAnswer('hello', { model: 'gpt-oss:20b', promptTokens: 1, completionTokens: 2, queueMs: 50 }),
    );
    for (let times = 0; times < 2; times += 1) await askChat(gateway, { model: 'gpt-oss-20b' }, bearer(key));
    const today = new Date().toISOString().slice(0, 10);
    const rows = (await usage.report('groupBy=key,model,tier,day')).data.filter((row) => row.key === id);
    const nothing = { failed: 0, clientLeft: 0, cached: 0, meanFirstTokenMs: null };
    const common = { key: id, keyName: '=cmd()', day: today, ...nothing };
    expect(rows).toEqual([
      {
        ...common,
        model: 'gemma3',
        tier: 'small',
        requests: 1,
        promptTokens: 100,
        completionTokens: 10,
        totalTokens: 110,
        meanQueueMs: 30,
        meanDurationMs: expect.any(Number),
      },
      {
        ...common,
        model: 'gpt-oss:20b',
        tier: 'main',
        requests: 2,
        promptTokens: 2,
        completionTokens: 4,
        totalTokens: 6,
        meanQueueMs: 50,
        meanDurationMs: expect.any(Number),
      },
    ]);
    const byKey = await usage.report('groupBy=key');
    expect(byKey.data.find((row) => row.key === id)).toMatchObject({ requests: 3, totalTokens: 116 });
    const byDay = await usage.report('');
    expect(byDay).toMatchObject({ recording: true, to: today, groupBy: ['day'] });
    expect(byDay.data).toHaveLength(1);
    const { day, ...sums } = byDay.data[0]!;
    expect(day).toBe(today);
    expect(byDay.total).toEqual(sums);
    expect((await usage.report('groupBy=tier')).data.map(({ tier }) => tier)).toEqual([null, 'main', 'small']);
    const before = await usage.report('from=2020-01-01&to=2020-12-31&groupBy=model');
    expect(before).toMatchObject({ data: [], total: { requests: 0, meanDurationMs: null } });
  });

  test('is given as CSV that no program takes for formulas', async () => {
    const [record] = await recorded({ body: CHAT }, '=HYPERLINK("http://x","y")');
    const answer = await usage.ask('usage?groupBy=key&format=csv');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="usage-[\d-]+\.csv"$/);
    const lines = answer.text.split('\r\n');
    expect(lines[0]).toMatch(/^key,keyName,requests,/);
    expect(lines.find((line) => line.includes(record!.key))).toMatch(
      new RegExp(`^"${record!.key}","'=HYPERLINK\\(""http://x"",""y""\\)",1,0,0,0,7,3,10,`),
    );
  });

  test('lists the last requests, the last one first, by caller, model, tier and outcome', async () => {
    const { key, id } = await keys.create({ name: 'lister' });
    for (const model of ['gemma3', 'gemma3', 'gpt-oss-20b']) {
      engine.answerWith(plainAnswer('hello', { model: model === 'gemma3' ? model : 'gpt-oss:20b' }));
      await askChat(gateway, { model }, bearer(key));
    }
    await askChat(gateway, { messages: [] }, bearer(key));
    const of = async (query: string): Promise<string[]> =>
      (await usage.requests(`key=${id}&${query}`)).map(({ outcome, model }) => `${outcome} ${String(model)}`);
    expect(await of('')).toEqual(['invalid_request null', 'ok gpt-oss:20b', 'ok gemma3', 'ok gemma3']);
    expect(await of('limit=2')).toEqual(['invalid_request null', 'ok gpt-oss:20b']);
    expect(await of('model=gemma3')).toHaveLength(2);
    expect(await of('tier=main')).toEqual(['ok gpt-oss:20b']);
    expect(await of('outcome=failed')).toEqual(['invalid_request null']);
    expect(await of('outcome=invalid_request')).toHaveLength(1);
    expect(await of('outcome=ok')).toHaveLength(3);
    expect(await of('outcome=client_left')).toEqual([]);
  });

  test('is for admins only, and says which parameter is bad', async () => {
    const { key } = await keys.create({ name: 'nobody' });
    const other = new UsageClient(gateway, key);
    for (const path of ['usage', 'requests']) {
      expect((await other.ask(path)).json()).toMatchObject({ error: { code: 'permission_denied' } });
      expect((await new UsageClient(gateway, 'wrong').ask(path)).status).toBe(401);
    }
    const bad = await usage.ask('usage?groupBy=user');
    expect([bad.status, bad.json()]).toMatchObject([400, { error: { code: 'invalid_request', param: 'groupBy' } }]);
    expect((await usage.ask('requests?limit=0')).json()).toMatchObject({ error: { param: 'limit' } });
    expect((await usage.ask('requests?caller=a')).json()).toMatchObject({ error: { param: 'caller' } });
  });

  test('is given as the OpenAPI document says, whose examples are taken', async () => {
    const api = await OpenApi.of<DescribedRoutes<{ parameters: Parameter[] }>>(gateway);
    const answers = { usage: 'UsageReport', requests: 'RecordedRequests' } as const;
    await recorded({ body: CHAT });
    for (const [path, schema] of Object.entries(answers)) {
      const { parameters } = api.document.paths[`/admin/${path}`]!['get']!;
      expect(parameters.every((parameter) => parameter.in === 'query' && !parameter.required)).toBe(true);
      const examples = parameters.flatMap(({ name, schema: { example } }) => (example ? [`${name}=${example}`] : []));
      expect(examples.length).toBeGreaterThan(1);
      for (const query of ['', `?${examples.join('&')}`, '?groupBy=key,model,day,tier,endpoint&limit=5']) {
        const own = query.replace(path === 'usage' ? /&limit=5/ : /groupBy=[^&]*&/, '');
        const answer = await usage.ask(`${path}${own}`);
        expect([answer.status, api.faultOf(classAt(schema), answer.json())]).toEqual([200, undefined]);
      }
    }
  });

  test('counts what is written for Prometheus', async () => {
    await recorded({ body: CHAT });
    const { text } = await ask(gateway, { path: '/metrics' });
    expect(text).toMatch(/llm_usage_written_total\{service="gateway"\} [1-9]/);
    expect(text).toMatch(/llm_usage_store_up\{service="gateway"\} 1/);
    expect(text).toMatch(/llm_usage_waiting\{service="gateway"\} \d/);
  });
});

describe('usage of a gateway without keys', () => {
  it('has addresses for callers; with USAGE=off nothing is kept and no file is made', async () => {
    const engine = await FakeEngine.start();
    const place = await usagePlace(false);
    const { DATA_DIR } = place;
    const gateway = await startGateway(engine.url, { settings: { DATA_DIR, USAGE: true } });
    try {
      await askChat(gateway);
      const usage = new UsageClient(gateway);
      expect(await usage.requests()).toMatchObject([{ key: '127.0.0.1', keyName: null, model: 'gemma3' }]);
    } finally {
      await gateway.stop();
    }
    const off = await usagePlace(false);
    const silent = await startGateway(engine.url, { settings: { DATA_DIR: off.DATA_DIR } });
    try {
      await askChat(silent);
      const nothing = new UsageClient(silent);
      expect(await nothing.report()).toMatchObject({ recording: false, total: { requests: 0 } });
      expect((await nothing.ask('requests')).json()).toEqual({ recording: false, data: [] });
      expect(await new Store(off).exists()).toBe(false);
    } finally {
      await silent.stop();
      await engine.close();
      await off.remove();
      await place.remove();
    }
  });
});
