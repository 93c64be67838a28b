import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HEADERS } from '@local-llm-agent/contracts';
import { FakeEngine, plainAnswer } from '@local-llm-agent/testing';
import { DISPATCHES, ask, startGateway, type RunningGateway } from './gateway.harness.js';
import { ACCEPT, callTool, connect } from './mcp.harness.js';

let engine: FakeEngine;
beforeAll(async () => {
  engine = await FakeEngine.start();
});
afterAll(async () => {
  await engine.close();
  expect(engine.faults).toEqual([]);
});

describe.each(DISPATCHES)('MCP, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES } });
  });
  afterAll(() => gateway.stop());

  const post = (body: unknown, headers: Record<string, string> = {}, path = '/mcp'): ReturnType<typeof ask> =>
    ask(gateway, { path, body, headers: { ...ACCEPT, ...headers } });

  it.each(['/mcp', '/'])('meets the official client at %s', async (path) => {
    const client = await connect(gateway, path);
    expect(client.getServerVersion()).toMatchObject({ name: 'local-llm-agent' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['classify', 'extract', 'summarize', 'rewrite', 'chat']);
    engine.answerWith(plainAnswer('Hello.'));
    expect((await callTool(client, 'chat', { message: 'hi' })).structuredContent).toMatchObject({ message: 'Hello.' });
    await client.ping();
    await client.close();
  });

  it('describes its tools with schemas that a validator takes', async () => {
    const client = await connect(gateway);
    const { tools } = await client.listTools();
    for (const { inputSchema, outputSchema } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      for (const schema of [inputSchema, outputSchema ?? {}]) expect(new Ajv().validateSchema(schema)).toBe(true);
    }
    await client.close();
  });

  it.each(['/mcp', '/'])('has an error for a method it does not know, and no 202, at %s', async (path) => {
    const answer = await post({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: {} }, {}, path);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'Method not found' } },
    ]);
  });

  it('takes a notification with 202', async () => {
    const answer = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([answer.status, answer.text]).toEqual([202, '']);
  });

  it('answers quick requests as JSON, and a request without a session like any other', async () => {
    const answer = await post({ jsonrpc: '2.0', id: 'a', method: 'tools/list' });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toMatchObject({ id: 'a', result: { tools: expect.any(Array) } });
  });

  it.each<[string, string, unknown]>([
    ['no JSON', '/mcp', '{'],
    ['no JSON-RPC', '/mcp', { model: 'x', messages: [] }],
    ['no JSON at the bare address', '/', '{'],
    ['an empty batch', '/mcp', []],
  ])('refuses %s at %s in the words of JSON-RPC', async (_, path, body) => {
    const answer = await post(body, {}, path);
    expect([answer.status, answer.json()]).toEqual([
      400,
      expect.objectContaining({ jsonrpc: '2.0', id: null, error: expect.objectContaining({ code: -32700 }) as object }),
    ]);
    expect(answer.headers[HEADERS.requestId]).toEqual(expect.any(String));
  });

  it('refuses another content type with 415 and a protocol version that it does not speak with 400', async () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
    expect((await post(body, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(body, { 'mcp-protocol-version': '1999-01-01' })).status).toBe(400);
    expect((await post(body, { accept: 'text/html' })).status).toBe(406);
  });

  it.each([
    ['GET', '/mcp'],
    ['DELETE', '/mcp'],
    ['GET', '/'],
    ['DELETE', '/'],
  ])('answers %s %s for a stream or a session with 405', async (method, path) => {
    const answer = await ask(gateway, { method, path, headers: { accept: 'text/event-stream' } });
    expect([answer.status, answer.headers.allow]).toEqual([405, expect.stringContaining('POST')]);
  });

  it('opens no door for pages of other sites', async () => {
    const answer = await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { origin: 'http://evil.example' });
    expect([answer.status, answer.json()]).toMatchObject([
      403,
      { error: { message: expect.stringMatching(/CORS_ORIGINS/) } },
    ]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
