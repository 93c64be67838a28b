import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import { HEADERS } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer, silence } from '@local-llm-agent/testing';
import { DISPATCHES, ask, open, startGateway, type RunningGateway } from './gateway.harness.js';
import { allowedBy, connect, model, sorted } from './mcp.harness.js';

const ACCEPT = { accept: 'application/json, text/event-stream' };
const BUG = { text: 'The login form crashes', categories: ['bug', 'feature', 'question'] };

let engine: FakeEngine;
beforeAll(async () => {
  engine = await FakeEngine.start();
});
afterAll(async () => {
  await engine.close();
  expect(engine.faults).toEqual([]);
});

const call = (client: Client, name: string, values: Record<string, unknown>): Promise<CallToolResult> =>
  client.callTool({ name, arguments: values }) as Promise<CallToolResult>;

const textOf = (result: CallToolResult): string => (result.content[0]?.type === 'text' ? result.content[0].text : '');

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
    expect((await call(client, 'chat', { message: 'hi' })).structuredContent).toMatchObject({ message: 'Hello.' });
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
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('a tool call by MCP', () => {
  let gateway: RunningGateway;
  let client: Client;
  beforeAll(async () => {
    gateway = await startGateway(engine.url);
    client = await connect(gateway);
    await client.listTools();
  });
  afterAll(async () => {
    await client.close();
    await gateway.stop();
  });

  it('has a structured result that fits its schema, and the same as text', async () => {
    engine.answerWith(
      model((question) =>
        allowedBy(question).length > 0
          ? sorted(question, { bug: 0.6, feature: 0.2, question: 0.1, The: 0.05 })
          : { text: 'It says that the form crashes. That is a fault. More.' },
      ),
    );
    const result = await call(client, 'classify', BUG);
    expect(result.structuredContent).toEqual({
      category: 'bug',
      confidence: expect.closeTo(0.6 / 0.9) as unknown,
      reasoning: 'It says that the form crashes. That is a fault.',
      probabilities: [
        { category: 'bug', probability: expect.closeTo(0.6 / 0.9) as unknown },
        { category: 'feature', probability: expect.closeTo(0.2 / 0.9) as unknown },
        { category: 'question', probability: expect.closeTo(0.1 / 0.9) as unknown },
      ],
    });
    expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
  });

  it('tells its progress to a client that asks for it, and to no other', async () => {
    engine.answerWith(
      model((question) => (allowedBy(question).length > 0 ? sorted(question, { bug: 1 }) : { text: 'So.' })),
    );
    const progress: Progress[] = [];
    await client.callTool({ name: 'classify', arguments: BUG }, undefined, {
      onprogress: (step) => progress.push(step),
    });
    expect(progress.map((step) => step.progress)).toEqual([0, 1, 2, 3]);
    expect(new Set(progress.map((step) => step.total))).toEqual(new Set([3]));
    const quiet = await ask(gateway, {
      path: '/mcp',
      headers: ACCEPT,
      body: { jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'classify', arguments: BUG } },
    });
    expect(quiet.headers['content-type']).toBe('text/event-stream');
    expect(quiet.text.match(/^data: /gm)).toHaveLength(1);
  });

  it('that its client cancels stops the model, and is answered by nothing', async () => {
    engine.answerWith(silence);
    const reached = engine.nextChat();
    const abort = new AbortController();
    const running = client.callTool({ name: 'chat', arguments: { message: 'hi' } }, undefined, {
      signal: abort.signal,
    });
    const exchange = await reached;
    abort.abort('enough');
    await expect(running).rejects.toThrow('enough');
    expect(await exchange.ended).toBe('cut');
    engine.answerWith(plainAnswer('Still here.'));
    expect((await call(client, 'chat', { message: 'hi' })).structuredContent).toMatchObject({ message: 'Still here.' });
  });

  it('is not stopped by another client that uses the same request id', async () => {
    engine.answerWith(silence);
    const reached = engine.nextChat();
    const ended = open(gateway, {
      path: '/mcp',
      headers: { ...ACCEPT, 'mcp-session-id': 'mine' },
      body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'chat', arguments: { message: 'hi' } } },
    });
    const exchange = await reached;
    const cancel = (session: string): ReturnType<typeof ask> =>
      ask(gateway, {
        path: '/mcp',
        headers: { ...ACCEPT, 'mcp-session-id': session },
        body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
      });
    expect((await cancel('another')).status).toBe(202);
    expect(exchange.res.destroyed).toBe(false);
    expect((await cancel('mine')).status).toBe(202);
    expect(await exchange.ended).toBe('cut');
    for await (const part of await ended) expect(String(part)).toBe('');
  });

  it('of a client that leaves stops the model', async () => {
    engine.answerWith(silence);
    const reached = engine.nextChat();
    const abort = new AbortController();
    const answer = await open(gateway, {
      path: '/mcp',
      headers: ACCEPT,
      signal: abort.signal,
      body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'chat', arguments: { message: 'hi' } } },
    });
    answer.on('error', () => undefined);
    const exchange = await reached;
    abort.abort();
    expect(await exchange.ended).toBe('cut');
  });

  it('with bad arguments is an error that the model can read', async () => {
    const result = await call(client, 'classify', { text: 'x', categories: ['a', 7] });
    expect([result.isError, textOf(result), result.structuredContent]).toEqual([
      true,
      'categories[1] must be a string.',
      undefined,
    ]);
    expect(result._meta).toEqual({
      'local-llm-agent/error': expect.objectContaining({
        code: 'invalid_request',
        param: 'categories[1]',
        status: 400,
      }) as object,
    });
  });

  it('of a tool that is not there is an error of the protocol', async () => {
    await expect(call(client, 'translate', {})).rejects.toThrow(
      "There is no tool 'translate'. There are classify, extract, summarize, rewrite, chat.",
    );
  });

  it('says what the engine said', async () => {
    engine.answerWith(
      errorAnswer(404, {
        error: {
          code: 'model_not_found',
          message: "There is no model 'none'.",
          type: 'invalid_request_error',
          param: 'model',
        },
      }),
    );
    const result = await call(client, 'chat', { message: 'hi', model: 'none' });
    expect([result.isError, textOf(result)]).toEqual([true, "There is no model 'none'."]);
  });

  it('of a session that began at another gateway is answered like any other', async () => {
    engine.answerWith(plainAnswer('Hello.'));
    const clientInfo = { name: 'spec', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const begun = await ask(gateway, {
      path: '/mcp',
      headers: ACCEPT,
      body: { jsonrpc: '2.0', id: 0, method: 'initialize', params },
    });
    expect(begun.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    const another = await startGateway(engine.url);
    const answer = await ask(another, {
      path: '/mcp',
      headers: {
        ...ACCEPT,
        'mcp-session-id': String(begun.headers['mcp-session-id']),
        'mcp-protocol-version': '2025-11-25',
      },
      body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'chat', arguments: { message: 'hi' } } },
    });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Hello.')]);
    await another.stop();
  });

  it('counts the tokens of all its questions', async () => {
    engine.answerWith(
      model((question) => (allowedBy(question).length > 0 ? sorted(question, { bug: 1 }) : { text: 'So.' })),
    );
    const counted = await startGateway(engine.url);
    await ask(counted, { path: '/mcp/tools/classify', body: { ...BUG, model: 'gemma3' } });
    const { text } = await ask(counted, { path: '/metrics' });
    const tokens = [...text.matchAll(/^gen_ai_server_tokens_total\{(.*)\} (\d+)$/gm)].map(([, labels, count]) => [
      labels?.includes('gen_ai_response_model="gemma3"'),
      /type="(\w+)"/.exec(labels ?? '')?.[1],
      Number(count),
    ]);
    expect(tokens).toEqual([
      [true, 'input', 3 * 7],
      [true, 'output', 3 * 3],
    ]);
    await counted.stop();
  });

  it('goes through admission once, with its request id and its tier', async () => {
    const limited = await startGateway(engine.url, {
      settings: { RATE_LIMITS: true },
      catalog: 'tiers: { main: { requestsPerMinute: 1 } }\nmodels: [{ id: gemma3, tier: main }]',
    });
    engine.answerWith(
      model((question) => (allowedBy(question).length > 0 ? sorted(question, { bug: 1 }) : { text: 'So.' })),
    );
    const before = engine.exchanges.length;
    const body = { ...BUG, model: 'gemma3' };
    const headers = { [HEADERS.requestId]: 'the-one' };
    const first = await ask(limited, { path: '/mcp/tools/classify', body, headers });
    expect([first.status, first.headers[HEADERS.tier]]).toEqual([200, 'main']);
    const questions = engine.exchanges.slice(before);
    expect(questions.map((question) => [question.headers[HEADERS.requestId], question.headers[HEADERS.tier]])).toEqual(
      Array(3).fill(['the-one', 'main']),
    );
    const second = await ask(limited, { path: '/mcp/tools/classify', body });
    expect([second.status, second.headers['retry-after']]).toEqual([429, expect.any(String)]);
    await limited.stop();
  });
});
