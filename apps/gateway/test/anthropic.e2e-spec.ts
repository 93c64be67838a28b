import Anthropic, {
  APIError,
  BadRequestError,
  ContentTooLargeError,
  NotFoundError,
  RateLimitError,
  ServiceUnavailableError,
} from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { contextLengthExceeded, insufficientMemory } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  askedOf,
  collectSse,
  errorAnswer,
  openStream,
  scriptedAnswers,
  scriptedChunks,
  streamThenCut,
} from '@local-llm-agent/testing';
import { DISPATCHES, ask, startGateway, type RunningGateway } from './gateway.harness.js';

const PATH = '/v1/messages';
const ASK = { model: 'gemma3', max_tokens: 50, messages: [{ role: 'user' as const, content: 'hi' }] };
const WEATHER = { id: 'call_1', name: 'weather', arguments: '{"city":"Lima"}' };
const CLOCK = { id: 'call_2', name: 'clock', arguments: '{"zone":"UTC-5"}' };

const weather = betaTool({
  name: 'weather',
  description: 'Tells the weather',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  run: ({ city }) => `rain in ${city}`,
});
const clock = betaTool({
  name: 'clock',
  description: 'Tells the time',
  inputSchema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
  run: ({ zone }) => `noon in ${zone}`,
});

describe.each(DISPATCHES)('the Anthropic API, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let client: Anthropic;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES, HEARTBEAT_SECONDS: 0.05 } });
    client = new Anthropic({ baseURL: `http://127.0.0.1:${gateway.port}`, apiKey: 'any', maxRetries: 0 });
  });

  beforeEach(() => {
    engine.answerWith(scriptedAnswers({ text: ['Hello', ' there'], promptTokens: 11, completionTokens: 4 }));
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it('gives the official package a plain message, with its request id', async () => {
    const message = await client.messages.create({ ...ASK, system: 'Be kind.' });
    expect(message).toMatchObject({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'gemma3',
      content: [{ type: 'text', text: 'Hello there' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 11, output_tokens: 4 },
    });
    expect(message._request_id).toEqual(expect.any(String));
    expect(askedOf(engine.lastChat)).toEqual({
      model: 'gemma3',
      max_tokens: 50,
      reasoning_effort: 'none',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hi' },
      ],
    });
  });

  it('streams events that the package puts together, with the input tokens in the first one', async () => {
    const stream = client.messages.stream(ASK);
    const types: string[] = [];
    let first: number | undefined;
    stream.on('streamEvent', (event) => {
      types.push(event.type);
      if (event.type === 'message_start') first = event.message.usage.input_tokens;
    });
    const message = await stream.finalMessage();
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(first).toBe(11);
    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'Hello there' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 11, output_tokens: 4 },
    });
    expect(stream.request_id).toEqual(expect.any(String));
  });

  it.each(['plain', 'streamed'])('tells which stop sequence was met in a %s answer', async (form) => {
    engine.answerWith(scriptedAnswers({ text: ['one '], stopText: 'two' }));
    const params = { ...ASK, stop_sequences: ['two', 'three'] };
    const message =
      form === 'plain' ? await client.messages.create(params) : await client.messages.stream(params).finalMessage();
    expect([message.stop_reason, message.stop_sequence]).toEqual(['stop_sequence', 'two']);
    expect(askedOf(engine.lastChat)).toMatchObject({ stop: ['two', 'three'] });
  });

  it.each(['plain', 'streamed'])('shows thinking that was asked for, before the text, in a %s answer', async (form) => {
    engine.answerWith(scriptedAnswers({ reasoning: ['let me ', 'see'], text: ['42'] }));
    const params = { ...ASK, max_tokens: 3000, thinking: { type: 'enabled' as const, budget_tokens: 1024 } };
    const message =
      form === 'plain' ? await client.messages.create(params) : await client.messages.stream(params).finalMessage();
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'let me see', signature: 'unsigned' },
      { type: 'text', text: '42' },
    ]);
    expect(askedOf(engine.lastChat)).toMatchObject({ reasoning_effort: 'low' });
  });

  it.each(['plain', 'streamed'])('keeps thinking nobody asked for out of a %s answer', async (form) => {
    engine.answerWith(scriptedAnswers({ reasoning: ['let me see'], text: ['42'] }));
    const message =
      form === 'plain' ? await client.messages.create(ASK) : await client.messages.stream(ASK).finalMessage();
    expect(message.content).toEqual([{ type: 'text', text: '42' }]);
  });

  it.each([false, true])('runs a loop of two tools with the runner of the package (stream: %s)', async (stream) => {
    engine.answerWith(
      scriptedAnswers(
        { text: ['First the weather.'], calls: [WEATHER, CLOCK] },
        { calls: [{ ...WEATHER, id: 'call_3', arguments: '{"city":"Cusco"}' }] },
        { text: ['Rain, and it is noon.'] },
      ),
    );
    const before = engine.exchanges.length;
    const final = await client.beta.messages.toolRunner({ ...ASK, tools: [weather, clock], stream });
    expect(final.content).toMatchObject([{ type: 'text', text: 'Rain, and it is noon.' }]);
    const bodies = engine.exchanges.slice(before).map(askedOf);
    expect(bodies).toHaveLength(3);
    expect(bodies[0]).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'weather', description: 'Tells the weather' } },
        { type: 'function', function: { name: 'clock' } },
      ],
    });
    expect(bodies[2]!['messages']).toEqual([
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: 'First the weather.',
        tool_calls: [WEATHER, CLOCK].map(({ id, ...called }) => ({ id, type: 'function', function: called })),
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'rain in Lima' },
      { role: 'tool', tool_call_id: 'call_2', content: 'noon in UTC-5' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'call_3', type: 'function', function: { name: 'weather', arguments: '{"city":"Cusco"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_3', content: 'rain in Cusco' },
    ]);
  });

  it('tells a tool that failed from one that did not', async () => {
    const broken = betaTool({
      name: 'weather',
      description: '',
      inputSchema: { type: 'object', properties: {} },
      run: () => {
        throw new Error('no satellite');
      },
    });
    engine.answerWith(scriptedAnswers({ calls: [WEATHER] }, { text: ['Sorry.'] }));
    await client.beta.messages.toolRunner({ ...ASK, tools: [broken] });
    const last = (askedOf(engine.lastChat)['messages'] as { content: string }[]).at(-1);
    expect(last?.content).toMatch(/^The tool failed\.\n\n.*no satellite/s);
  });

  it('counts tokens, and says how well', async () => {
    engine.count = { promptTokens: 23, exact: true };
    const { data, response } = await client.messages
      .countTokens({ model: 'gemma3', system: 'Be kind.', messages: ASK.messages })
      .withResponse();
    expect(data).toEqual({ input_tokens: 23 });
    expect(response.headers.get('x-token-count')).toBe('exact');
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(engine.counted.at(-1)).toMatchObject({ messages: [{ role: 'system' }, { role: 'user', content: 'hi' }] });
    engine.count = { promptTokens: 23, exact: false };
    const estimate = await client.messages.countTokens({ model: 'gemma3', messages: ASK.messages }).withResponse();
    expect(estimate.response.headers.get('x-token-count')).toBe('estimate');
  });

  it('pings while an answer is waited for', async () => {
    let wait = 2;
    engine.answerWith(async (exchange) => {
      openStream(exchange.res);
      for (; wait > 0; wait -= 1) {
        exchange.res.write(': waiting\n\n');
        await new Promise(setImmediate);
      }
      for (const chunk of scriptedChunks({ text: ['late'] }, askedOf(exchange)))
        exchange.res.write(`data: ${JSON.stringify(chunk)}\n\n`);
      exchange.res.end('data: [DONE]\n\n');
    });
    const { text, headers } = await ask(gateway, { path: PATH, body: { ...ASK, stream: true } });
    const events = await collectSse([text]);
    expect(events.slice(0, 3).map(({ event }) => event)).toEqual(['ping', 'ping', 'message_start']);
    for (const { event, data } of events) expect((JSON.parse(data) as { type: string }).type).toBe(event);
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
  });

  it('ends a stream that breaks with an error that the package throws', async () => {
    engine.answerWith((exchange) => {
      const [first] = scriptedChunks({ text: ['half'] }, askedOf(exchange));
      return streamThenCut(`data: ${JSON.stringify(first)}\n\n`)(exchange);
    });
    const error = await client.messages
      .stream(ASK)
      .finalMessage()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect((error as APIError).message).toContain('broke in the middle');
    expect(error).toMatchObject({ type: 'api_error', requestID: expect.any(String) });
  });

  it('throws the typed errors of the package', async () => {
    const thrown = async (params: object): Promise<unknown> =>
      client.messages.create({ ...ASK, ...params }).catch((error: unknown) => error);
    const bad = await thrown({ temperature: 1.5 });
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({ type: 'invalid_request_error', requestID: expect.any(String) });
    expect((bad as Error).message).toContain('temperature');
    const cases = [
      [404, 'model_not_found', NotFoundError, 'not_found_error'],
      [413, 'request_too_large', ContentTooLargeError, 'request_too_large'],
      [413, 'context_length_exceeded', BadRequestError, 'invalid_request_error'],
      [429, 'rate_limited', RateLimitError, 'rate_limit_error'],
      [503, 'backend_unavailable', ServiceUnavailableError, 'api_error'],
    ] as const;
    for (const [given, code, type, name] of cases) {
      engine.answerWith(
        errorAnswer(given, { error: { code, message: 'No.', type: 'invalid_request_error', param: null } }),
      );
      const error = await thrown({});
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status: code === 'context_length_exceeded' ? 400 : given, type: name });
    }
  });

  it('keeps the package from trying again what would fail again', async () => {
    const patient = new Anthropic({ baseURL: `http://127.0.0.1:${gateway.port}`, apiKey: 'any', maxRetries: 2 });
    const before = engine.exchanges.length;
    engine.answerWith(errorAnswer(503, insufficientMemory(2, 1).toBody(), { 'x-should-retry': 'false' }));
    await expect(patient.messages.create(ASK)).rejects.toThrow(ServiceUnavailableError);
    expect(engine.exchanges.length - before).toBe(1);
  });

  describe('of a prompt that is too long', () => {
    const turn = [
      { role: 'assistant' as const, content: 'Hello.' },
      { role: 'user' as const, content: 'Go on.' },
    ];
    const thrown = async (messages: Anthropic.MessageParam[], stream = false): Promise<unknown> =>
      client.messages.create({ ...ASK, messages, stream }).catch((error: unknown) => error);

    it('tells agents in their words to summarize a conversation', async () => {
      engine.answerWith(errorAnswer(413, contextLengthExceeded(9000, 8192, { exact: false, bound: 'model' }).toBody()));
      for (const stream of [false, true]) {
        const error = await thrown([...ASK.messages, ...turn], stream);
        expect(error).toBeInstanceOf(BadRequestError);
        expect((error as APIError).error).toMatchObject({
          error: {
            type: 'invalid_request_error',
            message:
              'prompt is too long: 9000 tokens > 8192 maximum. That is all that the model takes: shorten the messages, or ask a model with a longer context.',
          },
        });
      }
    });

    it('says the same to the last event of a stream that waited', async () => {
      engine.answerWith(async ({ res }) => {
        openStream(res);
        res.write(`: waiting\n\n`);
        await new Promise((resolve) => setImmediate(resolve));
        res.end(`data: ${JSON.stringify(contextLengthExceeded(9000, 8192).toBody())}\n\n`);
      });
      const error = await client.messages
        .stream({ ...ASK, messages: [...ASK.messages, ...turn] })
        .finalMessage()
        .catch((reason: unknown) => reason);
      expect((error as APIError).message).toContain('prompt is too long: 9000 tokens > 8192 maximum');
    });

    it('says that the model is too small where there is nothing to summarize yet', async () => {
      engine.answerWith(errorAnswer(413, contextLengthExceeded(9000, 8192).toBody()));
      const error = await thrown(ASK.messages);
      expect(error).toBeInstanceOf(BadRequestError);
      expect((error as Error).message).toContain('has 9000 tokens, but the context of this model is 8192 tokens');
      expect((error as Error).message).not.toContain('prompt is too long');
    });
  });

  it('says that a tool call which is not JSON is none', async () => {
    engine.answerWith(scriptedAnswers({ calls: [{ ...WEATHER, arguments: '{"city":' }] }));
    const error = await client.messages.create(ASK).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect((error as Error).message).toContain("called 'weather' with something that is not JSON");
  });

  it.each([
    ['GET', PATH, 405],
    ['POST', `${PATH}/none`, 404],
  ])('answers %s %s in the shape of the API too', async (method, path, status) => {
    const answer = await ask(gateway, { method, path });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ type: 'error', request_id: answer.headers['request-id'] });
  });
});
