import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import { HEADERS } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer, silence } from '@local-llm-agent/testing';
import { ask, open, startGateway, type RunningGateway } from './gateway.harness.js';
import { ACCEPT, allowedBy, callTool, connect, model, sorted } from './mcp.harness.js';

const BUG = { text: 'The login form crashes', categories: ['bug', 'feature', 'question'] };

let engine: FakeEngine;
beforeAll(async () => {
  engine = await FakeEngine.start();
});
afterAll(async () => {
  await engine.close();
  expect(engine.faults).toEqual([]);
});

const textOf = (result: CallToolResult): string => (result.content[0]?.type === 'text' ? result.content[0].text : '');

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
    const result = await callTool(client, 'classify', BUG);
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
    expect((await callTool(client, 'chat', { message: 'hi' })).structuredContent).toMatchObject({
      message: 'Still here.',
    });
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
    const result = await callTool(client, 'classify', { text: 'x', categories: ['a', 7] });
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
    await expect(callTool(client, 'translate', {})).rejects.toThrow(
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
    const result = await callTool(client, 'chat', { message: 'hi', model: 'none' });
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
