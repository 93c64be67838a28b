import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewApiKey } from '@local-llm-agent/contracts';
import { FakeEngine, plainAnswer, streamAnswer } from '@local-llm-agent/testing';
import {
  CHAT,
  CHAT_PATH,
  DISPATCHES,
  ask,
  askChat,
  startGateway,
  type Question,
  type RunningGateway,
} from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { connectTo, readRaw } from './raw.client.js';

const MESSAGES = { model: 'gemma3', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('without any key', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { DATA_DIR: data.DATA_DIR } });
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
  });

  it('everybody may do everything, whatever key they send', async () => {
    expect((await askChat(gateway)).status).toBe(200);
    expect((await askChat(gateway, {}, bearer('not-required'))).status).toBe(200);
    expect((await ask(gateway, { path: '/admin/keys' })).json()).toEqual({ data: [], required: false });
    expect((await ask(gateway, { path: '/metrics' })).status).toBe(200);
  });

  it('the first one that is made is asked for from then on', async () => {
    const made = await ask(gateway, { path: '/admin/keys', body: { name: 'root', role: 'admin' } });
    expect(made.status).toBe(201);
    const { key } = made.json() as NewApiKey;
    expect((await askChat(gateway)).status).toBe(401);
    expect((await askChat(gateway, {}, bearer(key))).status).toBe(200);
  });
});

describe.each(DISPATCHES)('with keys, and token routes dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let admin: KeysClient;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { DATA_DIR: data.DATA_DIR, ADMIN_KEY, TOKEN_ROUTES } });
    admin = new KeysClient(gateway);
  });
  beforeEach(() => {
    engine.answerWith(plainAnswer('hello'));
    engine.exchanges.splice(0);
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
    expect(engine.faults).toEqual([]);
  });

  it('the key of the environment is one of the role admin, with an empty store', async () => {
    expect((await ask(gateway, { path: '/admin/keys', headers: bearer(ADMIN_KEY) })).json()).toEqual({
      data: [],
      required: true,
    });
    expect((await askChat(gateway, {}, bearer(ADMIN_KEY))).status).toBe(200);
    expect((await askChat(gateway, {}, bearer(`${ADMIN_KEY}x`))).status).toBe(401);
  });

  describe('a request without one', () => {
    const REFUSED: readonly (readonly [string, Question, object])[] = [
      ['OpenAI', { body: CHAT }, { error: { code: 'invalid_api_key', type: 'authentication_error', param: null } }],
      ['OpenAI models', { path: '/v1/models' }, { error: { code: 'invalid_api_key' } }],
      ['OpenAI embeddings', { path: '/v1/embeddings', body: {} }, { error: { code: 'invalid_api_key' } }],
      ['OpenAI completions', { path: '/v1/completions', body: {} }, { error: { code: 'invalid_api_key' } }],
      ['OpenAI responses', { path: '/v1/responses', body: {} }, { error: { code: 'invalid_api_key' } }],
      ['stored responses', { path: '/v1/responses/resp_1' }, { error: { code: 'invalid_api_key' } }],
      [
        'Anthropic',
        { path: '/v1/messages', body: MESSAGES },
        { type: 'error', error: { type: 'authentication_error' } },
      ],
      ['Ollama chat', { path: '/api/chat', body: CHAT }, { error: expect.stringContaining('API key is needed') }],
      ['Ollama tags', { path: '/api/tags' }, { error: expect.stringContaining('API key is needed') }],
      ['Ollama pull', { path: '/api/pull', body: { model: 'x' } }, { error: expect.any(String) }],
      ['LocalModels', { path: '/chat', body: { message: 'hi' } }, { detail: expect.stringContaining('API key') }],
      ['LocalModels model', { path: '/chat/gemma3', body: { message: 'hi' } }, { detail: expect.any(String) }],
      ['LocalModels models', { path: '/models' }, { detail: expect.any(String) }],
      [
        'MCP',
        { path: '/mcp', body: PING, headers: { accept: 'application/json, text/event-stream' } },
        { jsonrpc: '2.0', id: null, error: { data: { code: 'invalid_api_key' } } },
      ],
      ['MCP at /', { path: '/', body: PING }, { jsonrpc: '2.0', error: { code: -32600 } }],
      ['MCP tools', { path: '/mcp/tools' }, { error: { code: 'invalid_api_key' } }],
      ['an admin route', { path: '/admin/keys' }, { error: { code: 'invalid_api_key' } }],
      ['an unknown path', { path: '/v1/nothing' }, { error: { code: 'invalid_api_key' } }],
      ['another way to write a path', { path: '//v1/models' }, { error: { code: 'invalid_api_key' } }],
      ['an open path with another method', { path: '/health', body: {} }, { error: { code: 'invalid_api_key' } }],
    ];

    it.each(REFUSED)('is refused in the words of %s, and says what to send', async (_name, question, body) => {
      const answer = await ask(gateway, question);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.json()).toMatchObject(body);
      expect(engine.exchanges).toEqual([]);
    });

    it.each([
      '/',
      '/health',
      '/health/live',
      '/health/ready',
      '/docs',
      '/docs/swagger-ui.css',
      '/openapi.json',
      '/api/version',
      '/metrics',
    ])('is answered at %s', async (path) => {
      expect((await ask(gateway, { path })).status).toBe(200);
      expect((await ask(gateway, { path, headers: bearer('lla_wrong') })).status).toBe(200);
    });

    it('learns at the open addresses that all is well, not what models there are', async () => {
      const shown = async (path: string, headers: Record<string, string> = {}): Promise<unknown> =>
        ((await ask(gateway, { path, headers })).json() as { available_models: object }).available_models;
      expect([await shown('/'), await shown('/health')]).toEqual([{}, []]);
      expect(await shown('/', bearer(ADMIN_KEY))).toHaveProperty('gemma3');
      expect(await shown('/health', bearer(ADMIN_KEY))).toEqual(['gemma3']);
    });

    it('is refused before its body is read', async () => {
      const socket = await connectTo(gateway);
      socket.write(
        `POST ${CHAT_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`,
      );
      expect((await readRaw(socket)).status).toBe(401);
      socket.destroy();
    });

    it('gets no leave to send its body', async () => {
      const socket = await connectTo(gateway);
      socket.write(
        `POST ${CHAT_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`,
      );
      expect((await readRaw(socket)).status).toBe(401);
      socket.destroy();
    });
  });

  describe('a good one', () => {
    let made: NewApiKey;
    beforeAll(async () => {
      made = await admin.create();
    });

    it.each([
      ['Authorization', (key: string) => ({ authorization: `Bearer ${key}` })],
      ['authorization of another spelling', (key: string) => ({ authorization: `bearer   ${key}` })],
      ['X-API-Key', (key: string) => ({ 'X-API-Key': key })],
      ['x-api-key', (key: string) => ({ 'x-api-key': key })],
      ['x-api-key beside a dummy', (key: string) => ({ authorization: 'Bearer not-required', 'x-api-key': key })],
      ['Authorization beside a dummy', (key: string) => ({ authorization: `Bearer ${key}`, 'x-api-key': 'dummy' })],
    ])('is taken from %s, in every dialect', async (_name, headersOf) => {
      const headers = headersOf(made.key);
      const questions: Question[] = [
        { body: CHAT },
        { path: '/v1/models' },
        { path: '/v1/messages', body: MESSAGES },
        { path: '/api/chat', body: { ...CHAT, stream: false } },
        { path: '/chat', body: { message: 'hi' } },
        { path: '/mcp', body: PING, headers: { accept: 'application/json, text/event-stream' } },
        { path: '/mcp/tools' },
      ];
      for (const question of questions) {
        const { status } = await ask(gateway, { ...question, headers: { ...question.headers, ...headers } });
        expect([question.path, status]).toEqual([question.path, 200]);
      }
    });

    it.each([
      ['the query', { path: (key: string) => `/v1/models?api_key=${key}&key=${key}`, headers: () => ({}) }],
      ['a cookie', { path: () => '/v1/models', headers: (key: string) => ({ cookie: `key=${key}` }) }],
      ['Basic', { path: () => '/v1/models', headers: (key: string) => ({ authorization: `Basic ${key}` }) }],
      ['two keys in one', { path: () => '/v1/models', headers: (key: string) => ({ 'x-api-key': `${key}, ${key}` }) }],
    ])('is not taken from %s', async (_name, { path, headers }) => {
      expect((await ask(gateway, { path: path(made.key), headers: headers(made.key) })).status).toBe(401);
    });

    it('is known to the engine by its id alone', async () => {
      await askChat(gateway, {}, bearer(made.key));
      const { headers } = engine.lastChat;
      expect(headers['x-caller']).toBe(made.id);
      expect(JSON.stringify(headers)).not.toContain(made.key);
      expect(headers).not.toHaveProperty('authorization');
    });

    it('opens streams', async () => {
      engine.answerWith(streamAnswer(['a', 'b']));
      const answer = await askChat(gateway, { stream: true }, bearer(made.key));
      expect(answer.text).toContain('[DONE]');
    });

    it('of the role inference manages nothing, and is told so in the words of the path', async () => {
      const answer = await ask(gateway, { path: '/admin/keys', headers: bearer(made.key) });
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ error: { code: 'permission_denied', type: 'authentication_error' } });
    });
  });

  describe('a bad one', () => {
    it.each([
      ['a letter', 'x'],
      ['the mark alone', 'lla_'],
      ['an id alone', 'lla_aaaaaaaaaa_'],
      ['an id that is not there', `lla_aaaaaaaaaa_${'A'.repeat(43)}`],
      ['one that is far too long', 'A'.repeat(5000)],
    ])('such as %s is refused', async (_name, key) => {
      expect((await askChat(gateway, {}, bearer(key))).json()).toMatchObject({ error: { code: 'invalid_api_key' } });
      expect((await askChat(gateway, {}, { 'x-api-key': key })).status).toBe(401);
    });

    it('with the right id and another secret is refused', async () => {
      const { key } = await admin.create();
      const other = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
      expect((await askChat(gateway, {}, bearer(other))).status).toBe(401);
      expect((await askChat(gateway, {}, bearer(key.toUpperCase()))).status).toBe(401);
    });

    it('that was revoked says so', async () => {
      const { key, id } = await admin.create();
      expect((await askChat(gateway, {}, bearer(key))).status).toBe(200);
      await admin.revoke(id);
      const answer = await askChat(gateway, {}, bearer(key));
      expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('revoked')]);
    });

    it('that has expired says so', async () => {
      const soon = Date.now() + 300;
      const { key } = await admin.create({ expiresAt: new Date(soon).toISOString() });
      expect((await askChat(gateway, {}, bearer(key))).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, soon - Date.now() + 5));
      const answer = await askChat(gateway, {}, bearer(key));
      expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('expired')]);
    });

    it('is counted by its reason', async () => {
      const { text } = await ask(gateway, { path: '/metrics' });
      for (const reason of ['missing', 'unknown', 'revoked', 'expired'])
        expect(text).toMatch(new RegExp(`llm_key_refusals_total\\{reason="${reason}",service="gateway"\\} [1-9]`));
      expect(text).toMatch(/llm_key_store_up\{service="gateway"\} 1/);
    });
  });

  describe('a rotated one', () => {
    it('is good for the grace, beside the new one', async () => {
      const before = await admin.create();
      const rotated = await admin.ask('POST', `/${before.id}/rotate`, { graceSeconds: 1 });
      const after = rotated.json() as NewApiKey;
      expect([rotated.status, after.id, typeof after.previousUntil]).toEqual([200, before.id, 'string']);
      for (const key of [before.key, after.key]) expect((await askChat(gateway, {}, bearer(key))).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, Date.parse(after.previousUntil!) - Date.now() + 5));
      expect((await askChat(gateway, {}, bearer(before.key))).status).toBe(401);
      expect((await askChat(gateway, {}, bearer(after.key))).status).toBe(200);
    });

    it('ends at once without a grace', async () => {
      const before = await admin.create();
      const after = (await admin.ask('POST', `/${before.id}/rotate`, {})).json() as NewApiKey;
      expect((await askChat(gateway, {}, bearer(before.key))).status).toBe(401);
      expect((await askChat(gateway, {}, bearer(after.key))).status).toBe(200);
    });

    it('keeps the text before it, also when two operators rotate at once', async () => {
      const { id } = await admin.create();
      const rotate = async () => (await admin.ask('POST', `/${id}/rotate`, { graceSeconds: 600 })).json() as NewApiKey;
      const both = await Promise.all([rotate(), rotate()]);
      for (const { key } of both) expect((await askChat(gateway, {}, bearer(key))).status).toBe(200);
    });

    it('is revoked with all its texts', async () => {
      const before = await admin.create();
      const after = (await admin.ask('POST', `/${before.id}/rotate`, { graceSeconds: 600 })).json() as NewApiKey;
      await admin.revoke(before.id);
      for (const key of [before.key, after.key]) expect((await askChat(gateway, {}, bearer(key))).status).toBe(401);
    });
  });

  describe('one with allowed models', () => {
    const MODEL = { created: 1, ownedBy: 'ollama', servedBy: 'gemma3', contextLength: 8192 };
    let small: NewApiKey;
    beforeAll(async () => {
      small = await admin.create({ models: ['gpt-oss-20b'] });
      engine.models = ['gemma3', 'gpt-oss:20b', 'gpt-oss-20b', 'main', 'small', 'auto'].map((id) => ({ ...MODEL, id }));
    });

    it.each(['gpt-oss:20b', 'gpt-oss-20b', 'main'])('may use %s', async (model) => {
      expect((await askChat(gateway, { model }, bearer(small.key))).status).toBe(200);
    });

    it.each(['gemma3', 'small', 'auto', 'nothing'])('may not use %s, and the error names it', async (model) => {
      const answer = await askChat(gateway, { model }, bearer(small.key));
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({
        error: { code: 'permission_denied', param: 'model', message: expect.stringContaining(`'${model}'`) },
      });
      expect(engine.exchanges).toEqual([]);
    });

    it.each([
      ['/v1/messages', MESSAGES, { type: 'error', error: { type: 'permission_error' } }],
      ['/api/chat', CHAT, { error: expect.stringContaining("'gemma3'") }],
      ['/api/chat', { ...CHAT, think: true }, { error: expect.stringContaining("'gemma3'") }],
      ['/api/show', { model: 'gemma3' }, { error: expect.stringContaining("'gemma3'") }],
      ['/chat/gemma3', { message: 'hi' }, { detail: expect.stringContaining("'gemma3'") }],
    ])('is told so in the words of %s', async (path, body, error) => {
      const answer = await ask(gateway, { path, body, headers: bearer(small.key) });
      expect([answer.status, answer.json()]).toMatchObject([403, error]);
    });

    it('sees those models alone', async () => {
      const list = await ask(gateway, { path: '/v1/models', headers: bearer(small.key) });
      const ids = (list.json() as { data: { id: string }[] }).data.map(({ id }) => id);
      expect(ids).toEqual(['gpt-oss:20b', 'gpt-oss-20b', 'main', 'auto']);
      expect((await ask(gateway, { path: '/v1/models/gemma3', headers: bearer(small.key) })).status).toBe(404);
      expect((await ask(gateway, { path: '/v1/models/gemma3', headers: bearer(ADMIN_KEY) })).status).toBe(200);
    });

    it('sees those models alone in the lists of Ollama', async () => {
      engine.manage = ({ res }) => {
        res.end(JSON.stringify({ models: [{ name: 'gemma3:latest' }, { name: 'gpt-oss:20b' }] }));
      };
      const list = await ask(gateway, { path: '/api/tags', headers: bearer(small.key) });
      expect(list.json()).toEqual({ models: [{ name: 'gpt-oss:20b' }] });
      engine.manage = undefined;
    });
  });

  describe('one with allowed tiers', () => {
    let small: NewApiKey;
    beforeAll(async () => {
      small = await admin.create({ tiers: ['small'] });
    });

    it('may use them', async () => {
      expect((await askChat(gateway, {}, bearer(small.key))).headers['x-tier']).toBe('small');
      const forced = { ...bearer(small.key), 'x-tier': 'small' };
      expect((await askChat(gateway, { model: 'gpt-oss:20b' }, forced)).headers['x-tier']).toBe('small');
    });

    it('may not use another one, and the error names it', async () => {
      const forced = await askChat(gateway, {}, { ...bearer(small.key), 'x-tier': 'main' });
      expect([forced.status, forced.json()]).toMatchObject([403, { error: { param: 'X-Tier' } }]);
      expect(forced.text).toContain('tier main');
      const byModel = await askChat(gateway, { model: 'gpt-oss:20b' }, bearer(small.key));
      expect([byModel.status, byModel.json()]).toMatchObject([403, { error: { param: 'model' } }]);
    });
  });
});

describe('metrics, while there are keys', () => {
  const CASES = [
    ['loopback', {}, 200],
    ['loopback', { 'x-forwarded-for': '10.0.0.7' }, 401],
    ['loopback', { forwarded: 'for=10.0.0.7' }, 401],
    ['loopback', { 'x-real-ip': '10.0.0.7' }, 401],
    ['loopback', { via: '1.1 proxy' }, 401],
    ['open', { 'x-forwarded-for': '10.0.0.7' }, 200],
    ['key', {}, 401],
    ['key', bearer(ADMIN_KEY), 200],
  ] as const;

  it.each(CASES)(
    'with METRICS_ACCESS=%s and the headers %j are answered with %d',
    async (METRICS_ACCESS, headers, status) => {
      const engine = await FakeEngine.start();
      const gateway = await startGateway(engine.url, { settings: { ADMIN_KEY, METRICS_ACCESS } });
      expect((await ask(gateway, { path: '/metrics', headers })).status).toBe(status);
      await gateway.stop();
      await engine.close();
    },
  );
});
