import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  endStream,
  errorAnswer,
  openStream,
  streamThenCut,
  type EngineExchange,
  type EngineScript,
} from '@local-llm-agent/testing';
import { DISPATCHES, ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';

const TIMINGS = { total_ms: 50.5, load_ms: 10, prompt_ms: 20.25, predicted_ms: 20.25 };
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const CHAT = { model: 'gemma3', messages: [{ role: 'user', content: 'hi' }] };

function json(value: object): EngineScript {
  return ({ res }) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

/** The events of a stream, its usage and its end. */
function writeChunks(res: EngineExchange['res'], choices: readonly object[]): void {
  for (const choice of choices) res.write(`data: ${JSON.stringify({ model: 'gemma3', choices: [choice] })}\n\n`);
  res.write(`data: ${JSON.stringify({ model: 'gemma3', choices: [], usage: USAGE, timings: TIMINGS })}\n\n`);
  endStream(res);
}

/** A whole stream. */
function chunks(choices: readonly object[]): EngineScript {
  return ({ res }) => {
    openStream(res);
    writeChunks(res, choices);
  };
}

const delta = (fields: object, reason: string | null = null): object => ({
  index: 0,
  delta: fields,
  logprobs: null,
  finish_reason: reason,
});

const linesOf = (answer: Answer): Record<string, unknown>[] =>
  answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.each(DISPATCHES)('the Ollama API, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES, HEARTBEAT_SECONDS: 0.1 } });
  });
  beforeEach(() => {
    engine.manage = undefined;
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  const post = (path: string, body: object): Promise<Answer> => ask(gateway, { path, body });
  const sent = (): Record<string, unknown> =>
    JSON.parse(engine.lastChat.body.toString('utf8')) as Record<string, unknown>;

  it('streams a chat by default, as lines that end with the counts and times', async () => {
    engine.answerWith(chunks([delta({ content: '' }), delta({ content: 'Hel' }), delta({ content: 'lo' }, 'stop')]));
    const answer = await post('/api/chat', CHAT);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const lines = linesOf(answer);
    expect(lines.map(({ message }) => (message as { content: string }).content)).toEqual(['Hel', 'lo', '']);
    expect(Object.keys(lines[0]!)).toEqual(['model', 'created_at', 'message', 'done']);
    expect(lines.at(-1)).toMatchObject({
      done: true,
      done_reason: 'stop',
      total_duration: 50_500_000,
      load_duration: 10_000_000,
      prompt_eval_count: 7,
      prompt_eval_duration: 20_250_000,
      eval_count: 3,
      eval_duration: 20_250_000,
    });
    expect(sent()).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
      include_timings: true,
      options: { num_predict: -1 },
    });
  });

  it('takes what curl -d sends without a content type, but not from a web page', async () => {
    engine.answerWith(chunks([delta({ content: 'x' }, 'stop')]));
    const body = JSON.stringify(CHAT);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(gateway, { path: '/api/chat', body, headers })).status).toBe(200);
    const fromPage = await ask(gateway, { path: '/api/chat', body, headers: { ...headers, origin: 'http://evil' } });
    expect(fromPage.status).toBe(403);
    const origin = `http://127.0.0.1:${gateway.port}`;
    expect((await ask(gateway, { path: '/api/chat', body, headers: { ...headers, origin } })).status).toBe(415);
  });

  it('puts tool calls together, with arguments as objects', async () => {
    const call = (fields: object): object => ({ tool_calls: [{ index: 0, ...fields }] });
    engine.answerWith(
      chunks([
        delta(call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } })),
        delta(call({ function: { arguments: '{"a":' } })),
        delta(call({ function: { arguments: '1}' } })),
        delta({}, 'tool_calls'),
      ]),
    );
    const lines = linesOf(await post('/api/chat', CHAT));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      message: { content: '', tool_calls: [{ id: 'call_1', function: { index: 0, name: 'f', arguments: { a: 1 } } }] },
      done: false,
    });
    expect(lines[1]).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it('says in the stream that a call has broken arguments', async () => {
    const call = { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"a"' } }] };
    engine.answerWith(chunks([delta(call), delta({}, 'tool_calls')]));
    expect(linesOf(await post('/api/chat', CHAT)).at(-1)).toEqual({ error: expect.stringContaining('no JSON object') });
  });

  it('gives thoughts apart from the answer', async () => {
    engine.answerWith(chunks([delta({ reasoning_content: 'hm' }), delta({ content: 'yes' }, 'stop')]));
    const [first, second] = linesOf(await post('/api/chat', CHAT));
    expect(first).toMatchObject({ message: { content: '', thinking: 'hm' } });
    expect(second).toMatchObject({ message: { content: 'yes' } });
  });

  it('ends a stream that breaks with one error line', async () => {
    const event = { model: 'gemma3', choices: [delta({ content: 'x' })] };
    engine.answerWith(streamThenCut(`data: ${JSON.stringify(event)}\n\n`));
    const last = linesOf(await post('/api/chat', CHAT)).at(-1);
    expect(last).toEqual({ error: expect.stringContaining('broke') });
  });

  it('keeps a waiting stream alive with lines that every client reads', async () => {
    engine.answerWith(async ({ res }) => {
      openStream(res);
      await new Promise((resolve) => res.write(': waiting\n\n', resolve));
      writeChunks(res, [delta({ content: 'x' }, 'stop')]);
    });
    const [first] = linesOf(await post('/api/chat', CHAT));
    expect(first).toMatchObject({ message: { content: '' }, done: false });
  });

  it('sends the history with ids, images as data URLs and the options as they are', async () => {
    engine.answerWith(chunks([delta({ content: 'x' }, 'stop')]));
    await post('/api/chat', {
      model: 'gemma3',
      messages: [
        { role: 'USER', content: 'look', images: ['iVBORw0KGgoAAA=='] },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
        { role: 'tool', tool_name: 'f', content: '2' },
      ],
      tools: [{ function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
      format: { type: 'object' },
      think: false,
      options: { num_predict: 9, temperature: 0, stop: ['x'] },
      keep_alive: '5m',
    });
    expect(sent()).toMatchObject({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAA==' } },
          ],
        },
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: '{"a":1}' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: '2' },
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
      response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
      reasoning_effort: 'none',
      options: { num_predict: 9, temperature: 0, stop: ['x'] },
      keep_alive: '5m',
    });
  });

  it('answers a prompt with a context that the next prompt goes on from', async () => {
    const message = { role: 'assistant', content: 'Hello!' };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    engine.answerWith(json({ model: 'gemma3', choices, usage: USAGE, timings: TIMINGS }));
    const first = await post('/api/generate', { model: 'gemma3', prompt: 'hi', system: 'be kind', stream: false });
    const body = first.json() as { context: number[] };
    expect(Object.keys(body).slice(0, 6)).toEqual([
      'model',
      'created_at',
      'response',
      'done',
      'done_reason',
      'context',
    ]);
    await post('/api/generate', { model: 'gemma3', prompt: 'and now?', context: body.context, stream: false });
    expect(sent()['messages']).toEqual([
      { role: 'system', content: 'be kind' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'and now?' },
    ]);
    expect(sent()['stream_options']).toBeUndefined();
  });

  it('sends a raw prompt as a completion, and gives no context', async () => {
    const choice = (text: string, reason: string | null): object => ({ index: 0, text, finish_reason: reason });
    engine.answerWith(chunks([choice('blue', null), choice('', 'length')]));
    const lines = linesOf(await post('/api/generate', { model: 'gemma3', prompt: 'The sky is', raw: true }));
    expect(engine.lastChat.path).toBe(ENGINE_PATHS.completions);
    expect(sent()).toMatchObject({ prompt: 'The sky is', stream: true });
    expect(lines[0]).toMatchObject({ response: 'blue', done: false });
    expect(lines[1]).toMatchObject({ response: '', done: true, done_reason: 'length' });
    expect(lines[1]).not.toHaveProperty('context');
  });

  it.each([
    ['a template', { template: 'x' }, 'template'],
    ['raw with system', { raw: true, system: 'x' }, 'raw mode'],
    ['raw with a suffix', { raw: true, suffix: 'x' }, 'suffix'],
    ['a suffix with images', { suffix: 'x', images: ['iVBORw0KGgoAAA=='] }, 'images'],
    ['a foreign context', { context: [1, 2, 3] }, 'context'],
    ['an unknown image', { images: ['AAAA'] }, 'images[0]'],
    ['a wild option', { options: { temperature: 'hot' } }, 'options.temperature'],
    ['a wrong format', { format: 'yaml' }, 'format'],
    ['a wrong think', { think: 'deep' }, 'think'],
  ])('refuses %s with a 400 that names it', async (_, fields, word) => {
    const answer = await post('/api/generate', { model: 'gemma3', prompt: 'x', ...fields });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: expect.stringContaining(word) });
  });

  it('refuses a tool message that answers nothing', async () => {
    const answer = await post('/api/chat', { model: 'gemma3', messages: [{ role: 'tool', content: 'x' }] });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: expect.stringMatching(/^messages\[0\] answers no tool call/) });
  });

  it.each([
    ['loads for nothing to say', {}, ENGINE_PATHS.loadModel, 'load'],
    ['unloads with a keep_alive of 0', { keep_alive: 0 }, ENGINE_PATHS.unloadModel, 'unload'],
    ['unloads with a keep_alive of 0s', { keep_alive: '0s' }, ENGINE_PATHS.unloadModel, 'unload'],
  ])('%s', async (_, fields, path, reason) => {
    engine.answerWith(json({ model: 'gemma3', state: 'loaded', ms: 1 }));
    const answer = await post('/api/generate', { model: 'gemma3', ...fields });
    expect(engine.lastChat.path).toBe(path);
    expect(answer.json()).toMatchObject({ model: 'gemma3', response: '', done: true, done_reason: reason });
    const chat = await post('/api/chat', { model: 'gemma3', ...fields });
    expect(chat.json()).toMatchObject({ message: { role: 'assistant', content: '' }, done: true, done_reason: reason });
  });

  it('asks whether a model thinks before it sends it thinking', async () => {
    engine.manage = json({ capabilities: ['completion'] });
    const answer = await post('/api/chat', { ...CHAT, think: true });
    expect([answer.status, answer.json()]).toEqual([400, { error: '"gemma3" does not support thinking' }]);
    engine.manage = json({ capabilities: ['completion', 'thinking'] });
    engine.answerWith(chunks([delta({ content: 'x' }, 'stop')]));
    expect((await post('/api/chat', { ...CHAT, think: 'high' })).status).toBe(200);
    expect(sent()['reasoning_effort']).toBe('high');
  });

  it('turns texts into vectors, in both forms', async () => {
    const data = [{ object: 'embedding', index: 0, embedding: [0.6, 0.8] }];
    engine.answerWith(json({ model: 'gemma3', data, usage: { prompt_tokens: 4, total_tokens: 4 }, timings: TIMINGS }));
    const embed = await post('/api/embed', { model: 'gemma3', input: ['a'] });
    expect(embed.text).toBe(
      '{"model":"gemma3","embeddings":[[0.6,0.8]],"total_duration":50500000,"load_duration":10000000,"prompt_eval_count":4}',
    );
    expect((await post('/api/embeddings', { model: 'gemma3', prompt: 'a' })).text).toBe('{"embedding":[0.6,0.8]}');
  });

  it.each([
    [413, 'context_length_exceeded', 400],
    [503, 'backend_unavailable', 503],
  ])('answers the %i %s of the engine with a %i', async (status, code, shown) => {
    const error = { code, message: 'why', type: 'server_error', param: null } as never;
    engine.answerWith(errorAnswer(status, { error }));
    const answer = await post('/api/chat', CHAT);
    expect([answer.status, answer.text]).toEqual([shown, '{"error":"why"}']);
  });

  it('says that a model was not found as Ollama does', async () => {
    const message = "The model 'gone' is not installed.";
    const error = { code: 'model_not_found', message, type: 'invalid_request_error', param: 'model' } as const;
    engine.answerWith(errorAnswer(404, { error }));
    const answer = await post('/api/chat', { ...CHAT, model: 'gone' });
    expect([answer.status, answer.json()]).toEqual([404, { error: `model 'gone' not found. ${message}` }]);
  });
});
