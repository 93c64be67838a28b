import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, fullAnswer } from '@local-llm-agent/testing';
import {
  CHAT,
  CHAT_PATH,
  DISPATCHES,
  ask,
  startGateway,
  type Answer,
  type Question,
  type RunningGateway,
} from './gateway.harness.js';
import { askRaw } from './raw.client.js';

const PAGE = 'https://chat.example.com';
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-tier' };

const corsOf = ({ headers }: Answer): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe.each(DISPATCHES)('web pages, with token routes dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let closed: RunningGateway;
  let open: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(fullAnswer);
    closed = await startGateway(engine.url, { settings: { TOKEN_ROUTES, ALLOWED_HOSTS: ['llm.example.com'] } });
    const settings = { TOKEN_ROUTES, CORS_ORIGINS: [PAGE], ADMIN_KEY: 'bootstrap-key-of-the-tests-0123456789' };
    open = await startGateway(engine.url, { settings });
  });
  afterAll(async () => {
    await closed.stop();
    await open.stop();
    await engine.close();
  });

  const chat = (headers: Record<string, string>): Question => ({ body: CHAT, headers });

  it.each<[string, Record<string, string>]>([
    ['a name of its own for our address', { host: 'evil.example:3160' }],
    ['a name that begins like ours', { host: 'localhost.evil.example' }],
    ['an address that is not ours', { host: '10.0.0.1:3160' }],
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://localhost:5173' }],
    ['nobody in particular', { origin: 'null' }],
    ['a name of ours that is not the one it asks', { host: 'localhost', origin: 'http://llm.example.com' }],
    ['two sites', { origin: 'https://evil.example, http://localhost' }],
    [
      'another site, says the browser',
      { origin: 'https://llm.example.com', host: 'localhost', 'sec-fetch-site': 'cross-site' },
    ],
  ])('of %s reach no route', async (_, headers) => {
    const asked = engine.exchanges.length;
    for (const path of [CHAT_PATH, '/v1/messages', '/api/chat', '/mcp', '/', '/chat', '/v1/responses', '/admin/keys']) {
      const answer = await ask(closed, { ...chat(headers), path });
      expect([path, answer.status, corsOf(answer)]).toEqual([path, 403, []]);
      expect(answer.text).toMatch(/ALLOWED_HOSTS|CORS_ORIGINS/);
    }
    for (const path of ['/v1/models', '/metrics', '/health', '/docs', '/openapi.json', '/admin/residency'])
      expect([path, (await ask(closed, { path, headers })).status]).toEqual([path, 403]);
    expect(engine.exchanges.length).toBe(asked);
  });

  it('are refused in the words of each dialect', async () => {
    const message = expect.stringMatching(
      /^Web pages of 'https:\/\/evil\.example' may not use this address\..*CORS_ORIGINS\.$/,
    );
    const refuse = async (path: string): Promise<unknown> =>
      (await ask(closed, { ...chat({ origin: 'https://evil.example' }), path })).json();
    const error = { code: 'permission_denied', message, type: 'authentication_error', param: 'Origin' };
    expect(await refuse(CHAT_PATH)).toEqual({ error });
    expect(await refuse('/chat')).toEqual({ error, detail: message });
    expect(await refuse('/api/chat')).toEqual({ error: message });
    expect(await refuse('/v1/messages')).toEqual({
      type: 'error',
      error: { type: 'permission_error', message },
      request_id: expect.any(String),
    });
    expect(await refuse('/mcp')).toMatchObject({ jsonrpc: '2.0', id: null, error: { message } });
  });

  it('of ours work, under each of our names', async () => {
    for (const host of [
      'localhost',
      `localhost:${closed.port}`,
      '127.0.0.1:3000',
      '[::1]:8000',
      'LLM.example.com',
      'localhost.',
    ])
      for (const origin of [undefined, `http://${host}`, `https://${host}`])
        expect([host, (await ask(closed, chat({ host, ...(origin === undefined ? {} : { origin }) }))).status]).toEqual(
          [host, 200],
        );
    const behindProxy = { origin: 'https://llm.example.com', host: 'localhost', 'sec-fetch-site': 'same-origin' };
    expect((await ask(closed, chat(behindProxy))).status).toBe(200);
  });

  it('that are allowed may ask, and read errors too; their browser sends no cookies', async () => {
    const key = { authorization: 'Bearer bootstrap-key-of-the-tests-0123456789' };
    for (const [headers, status] of [
      [key, 200],
      [{}, 401],
    ] as const) {
      const answer = await ask(open, chat({ origin: PAGE, ...headers }));
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': PAGE, vary: 'Origin' });
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
    const other = await ask(open, chat({ origin: 'https://evil.example', ...key }));
    expect([other.status, corsOf(other), other.headers.vary]).toEqual([403, [], 'Origin']);
  });

  it('ask before they ask: without a key, for every path, and are told what they may send', async () => {
    for (const path of [CHAT_PATH, '/v1/models', '/admin/keys', '/nothing']) {
      const answer = await ask(open, { method: 'OPTIONS', path, headers: { origin: PAGE, ...PREFLIGHT } });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
        'access-control-allow-headers': 'authorization,x-tier',
        'x-request-id': expect.any(String),
      });
    }
    const evil = { method: 'OPTIONS', path: CHAT_PATH, headers: { origin: 'https://evil.example', ...PREFLIGHT } };
    const answers = [await ask(open, evil), await ask(closed, evil)];
    expect(answers.map((answer) => [answer.status, corsOf(answer)])).toEqual([
      [403, []],
      [403, []],
    ]);
  });

  it.each([
    ['twice', ['Host: localhost', 'Host: localhost']],
    ['twice, differing', ['Host: localhost', 'host: evil.example']],
    ['with a path', ['Host: localhost/evil']],
    ['with a user', ['Host: user@localhost']],
    ['with nothing in it', ['Host: ']],
    ['as a list', ['Host: localhost, evil.example']],
  ])('do not matter where Host comes %s', async (_, fields) => {
    const answer = await askRaw(closed, `GET /v1/models HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: { param: 'Host' } }]);
  });

  it('show the documentation with rules of its own, which no other answer carries', async () => {
    const docs = await ask(closed, { path: '/docs' });
    expect(docs.headers).toMatchObject({
      'content-type': expect.stringContaining('text/html'),
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(docs.headers).not.toHaveProperty('strict-transport-security');
    expect((await ask(closed, chat({}))).headers).not.toHaveProperty('content-security-policy');
  });
});
