import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHAT, CHAT_PATH, ask, startGateway, type Question, type RunningGateway } from './gateway.harness.js';

const ENGINE_TOKEN = 'token-of-the-tests-0123456789';
const REFUSAL = { error: { code: 'invalid_api_key', message: 'The engine answers its gateways alone.' } };

/** All kinds of calls that a gateway makes to its engine. */
const CALLS: readonly Question[] = [
  { path: CHAT_PATH, body: CHAT },
  { path: CHAT_PATH, body: { ...CHAT, stream: true } },
  { path: '/v1/completions', body: { model: 'gemma3', prompt: 'hi' } },
  { path: '/v1/embeddings', body: { model: 'gemma3', input: 'hi' } },
  { path: '/v1/messages/count_tokens', body: { ...CHAT, max_tokens: 1 } },
  { path: '/v1/models' },
  { path: '/api/tags' },
  { path: '/api/ps' },
  { path: '/api/show', body: { model: 'gemma3' } },
  { path: '/api/pull', body: { model: 'gemma3' } },
  { path: `/api/blobs/sha256:${'0'.repeat(64)}`, method: 'POST', body: 'x' },
  { path: '/admin/residency' },
  { path: '/admin/models/gemma3/load', method: 'POST' },
  { path: '/mcp/tools/chat', body: { message: 'hi' } },
];

describe('a gateway whose engine does not let it in', () => {
  const seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  let engine: Server;
  let gateway: RunningGateway;
  let without: RunningGateway;

  beforeAll(async () => {
    engine = createServer((req, res) => {
      seen.push({ url: req.url ?? '', headers: req.headers });
      req.resume();
      res.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(REFUSAL));
    });
    engine.listen(0, '127.0.0.1');
    await once(engine, 'listening');
    const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`;
    gateway = await startGateway(url, { settings: { ENGINE_TOKEN } });
    without = await startGateway(url);
  });
  afterAll(async () => {
    await gateway.stop();
    await without.stop();
    engine.closeAllConnections();
    engine.close();
  });

  it.each(CALLS)('shows it the token for $method $path, and does not blame the client', async (question) => {
    seen.length = 0;
    const answer = await ask(gateway, { ...question, headers: { authorization: 'Bearer a-key-of-the-client' } });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${ENGINE_TOKEN}`]);
    expect([answer.status, answer.text]).toEqual([expect.any(Number), expect.stringContaining('ENGINE_TOKEN')]);
    expect(answer.status === 503 || answer.status === 200).toBe(true);
    expect(answer.text).not.toContain(ENGINE_TOKEN);
  });

  it('shows it nothing without a token, not even what the client shows', async () => {
    seen.length = 0;
    for (const question of CALLS)
      await ask(without, { ...question, headers: { authorization: 'Bearer a-key-of-the-client' } });
    expect(seen.length).toBeGreaterThanOrEqual(CALLS.length);
    expect(seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain('a-key-of-the-client');
  });
});
