import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ErrorBody, TaggedModel } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  askedOf,
  errorAnswer,
  openStream,
  scriptedAnswers,
  scriptedChunks,
  streamThenCut,
} from '@local-llm-agent/testing';
import { DISPATCHES, ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';

const CATALOG = `
tiers:
  main: { defaultModel: 'gpt-oss:20b', requestsPerMinute: 2 }
  small: { requestsPerMinute: 0, tokensPerMinute: 0 }
models:
  - { id: 'gpt-oss:20b', aliases: [gpt-oss, gpt-oss-20b], tier: main, description: GPT-OSS 20B model }
  - { id: devstral, tier: small, description: DevStral model }
  - { id: gemma3, tier: small }
`;
const SERVED = { created: 1, ownedBy: 'ollama', contextLength: 8192 };
const DIGEST = 'b112e727c6f18875636c56a779790a590d705aec9e1c0eb5a97d51fc2a778583';
const TAG: TaggedModel = {
  name: 'gpt-oss:20b',
  model: 'gpt-oss:20b',
  modified_at: '2025-09-10T17:15:32.123Z',
  size: 17_280_000_000,
  digest: DIGEST,
  details: {
    parent_model: '',
    format: 'gguf',
    family: 'gptoss',
    families: ['gptoss'],
    parameter_size: '20.8B',
    quantization_level: 'Q4_K_M',
  },
};

function engineError(status: number, code: ErrorBody['error']['code'], message: string): ErrorBody {
  return { error: { code, message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null } };
}

function linesOf({ text }: Answer): Record<string, unknown>[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.each(DISPATCHES)('the LocalModels API, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES }, catalog: CATALOG });
    engine.models = ['gpt-oss:20b', 'gpt-oss', 'gpt-oss-20b', 'devstral', 'smollm2'].map((id) => ({
      ...SERVED,
      id,
      servedBy: id,
    }));
    engine.tags = [TAG];
  });

  beforeEach(() => {
    engine.answerWith(scriptedAnswers({ text: ['Hola', ' mundo'], promptTokens: 12, completionTokens: 45 }));
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  const chat = (body: object, path = '/chat'): Promise<Answer> => ask(gateway, { path, body });

  it('says at / what there is, in the exact shape of the document', async () => {
    const answer = await ask(gateway, { path: '/', headers: { accept: '*/*' } });
    expect(answer.json()).toEqual({
      message: 'Multi-Model API with LiteLLM is running',
      default_model: 'gpt-oss:20b',
      available_models: {
        'gpt-oss:20b': {
          name: 'gpt-oss:20b',
          description: 'GPT-OSS 20B model',
          provider: 'ollama',
          litellm_name: 'ollama/gpt-oss:20b',
        },
        devstral: {
          name: 'devstral',
          description: 'DevStral model',
          provider: 'ollama',
          litellm_name: 'ollama/devstral',
        },
        smollm2: {
          name: 'smollm2',
          description: 'smollm2 model',
          provider: 'ollama',
          litellm_name: 'ollama/smollm2',
        },
      },
      ollama_url: `http://127.0.0.1:${gateway.port}`,
      endpoints: {
        chat: '/chat',
        chat_with_model: '/chat/{model_name}',
        chat_litellm: '/v1/chat/completions',
        embeddings: '/v1/embeddings',
        health: '/health',
        models: '/models',
      },
    });
  });

  it('lists what is installed, in the shape of the document', async () => {
    const answer = await ask(gateway, { path: '/models' });
    expect(answer.json()).toEqual({ models: [{ ...TAG, digest: `sha256-${DIGEST}` }] });
  });

  it('answers a question with the defaults of the document', async () => {
    const answer = await chat({ message: 'Hola' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      response: 'Hola mundo',
      model: 'gpt-oss:20b',
      usage: { prompt_tokens: 12, completion_tokens: 45, total_tokens: 57 },
    });
    expect(askedOf(engine.lastChat)).toEqual({
      model: 'gpt-oss:20b',
      messages: [{ role: 'user', content: 'Hola' }],
      max_tokens: 512,
      temperature: 0.7,
      reasoning_effort: 'medium',
    });
  });

  it('takes every parameter of the document, and null for not set', async () => {
    await chat({ message: 'x', model: 'devstral', max_tokens: 50, temperature: 0, reasoning: 'high', stream: null });
    expect(askedOf(engine.lastChat)).toMatchObject({
      model: 'devstral',
      max_tokens: 50,
      temperature: 0,
      reasoning_effort: 'high',
    });
  });

  it('leaves out what the model thought', async () => {
    engine.answerWith(scriptedAnswers({ reasoning: ['hmm'], text: ['ya'] }));
    expect((await chat({ message: 'x', model: 'devstral' })).json()).toMatchObject({ response: 'ya' });
  });

  it.each([
    ['/chat/devstral', 'devstral'],
    ['/chat/qwen3%3A30b', 'qwen3:30b'],
    ['/chat/hf.co/team/model', 'hf.co/team/model'],
  ])('takes the model from the path %s', async (path, model) => {
    expect((await chat({ message: 'x' }, path)).status).toBe(200);
    expect(askedOf(engine.lastChat)).toMatchObject({ model });
  });

  it('does not guess between two models', async () => {
    const answer = await chat({ message: 'x', model: 'gemma3' }, '/chat/devstral');
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      detail: "model is 'gemma3', but the path names 'devstral'. Leave one of them out.",
      error: { code: 'invalid_request', param: 'model' },
    });
  });

  it('streams one JSON object a line, each with the next piece of the text', async () => {
    const answer = await chat({ message: 'x', model: 'devstral', stream: true });
    expect(answer.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(linesOf(answer)).toEqual([
      { response: 'Hola', model: 'devstral' },
      { response: ' mundo', model: 'devstral' },
      {
        response: '',
        model: 'devstral',
        done: true,
        usage: { prompt_tokens: 12, completion_tokens: 45, total_tokens: 57 },
      },
    ]);
  });

  it('keeps a line open with pieces that are empty', async () => {
    engine.answerWith((exchange) => {
      openStream(exchange.res);
      exchange.res.write(': waiting\n\n');
      for (const chunk of scriptedChunks({ text: ['ya'] }, askedOf(exchange)))
        exchange.res.write(`data: ${JSON.stringify(chunk)}\n\n`);
      exchange.res.end('data: [DONE]\n\n');
    });
    const lines = linesOf(await chat({ message: 'x', model: 'devstral', stream: true }));
    expect(lines[0]).toEqual({ response: '', model: 'devstral' });
    expect(lines.map(({ response }) => response).join('')).toBe('ya');
  });

  it('shows an error in the middle of a stream as its last line', async () => {
    engine.answerWith((exchange) => {
      const [, piece] = scriptedChunks({ text: ['medio'] }, askedOf(exchange));
      return streamThenCut(`data: ${JSON.stringify(piece)}\n\n`)(exchange);
    });
    const [first, last, ...more] = linesOf(await chat({ message: 'x', model: 'devstral', stream: true }));
    expect([first, more]).toEqual([{ response: 'medio', model: 'devstral' }, []]);
    expect(last).toMatchObject({
      detail: expect.stringMatching(/^Error generating response with LiteLLM model devstral: The connection/),
      error: { code: 'backend_unavailable' },
    });
  });

  it('says in the words of the document that a model does not fit', async () => {
    const message = 'Model requires more system memory (18.4 GiB) than is available (17.0 GiB)';
    engine.answerWith(errorAnswer(503, engineError(503, 'backend_unavailable', message)));
    const answer = await chat({ message: 'x', model: 'devstral' });
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({
      detail: `Error generating response with LiteLLM model devstral: ${message}`,
      error: { message },
    });
  });

  it.each([
    [404, 'model_not_found', 400],
    [413, 'context_length_exceeded', 400],
    [500, 'internal_error', 500],
    [504, 'inference_timeout', 503],
  ] as const)('gives a %s of the engine (%s) the status %s', async (status, code, shown) => {
    engine.answerWith(errorAnswer(status, engineError(status, code, 'No.')));
    const answer = await chat({ message: 'x', model: 'devstral' });
    expect(answer.status).toBe(shown);
    const prefix = shown === 400 ? '' : 'Error generating response with LiteLLM model devstral: ';
    expect(answer.json()).toMatchObject({ detail: `${prefix}No.`, error: { code, message: 'No.' } });
  });

  it.each<[string, object]>([
    ['message', {}],
    ['message', { message: '' }],
    ['message', { message: ['x'] }],
    ['model', { message: 'x', model: 7 }],
    ['max_tokens', { message: 'x', max_tokens: 0 }],
    ['temperature', { message: 'x', temperature: 3 }],
    ['reasoning', { message: 'x', reasoning: 'extreme' }],
    ['stream', { message: 'x', stream: 'yes' }],
  ])('refuses a wrong %s by name: %j', async (param, body) => {
    const answer = await chat(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      detail: expect.stringMatching(new RegExp(`^${param} `)),
      error: { code: 'invalid_request', param },
    });
  });

  it('answers 400 to what is not JSON', async () => {
    const answer = await ask(gateway, { path: '/chat', body: '{', headers: { 'content-type': 'text/plain' } });
    expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ detail: expect.any(String) })]);
  });

  it('has a detail when the engine is not there', async () => {
    const { models } = engine;
    engine.models = 'nonsense';
    const answer = await ask(gateway, { path: '/' });
    engine.models = models;
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ detail: expect.any(String), error: { code: 'backend_unavailable' } });
  });
});

describe('the LocalModels API with limits', () => {
  it('answers 503 with Retry-After, and says that it is the limit', async () => {
    const engine = await FakeEngine.start();
    const gateway = await startGateway(engine.url, { settings: { RATE_LIMITS: true }, catalog: CATALOG });
    engine.answerWith(scriptedAnswers({ text: ['x'] }));
    let last: Answer | undefined;
    for (let count = 0; count < 3; count += 1)
      last = await ask(gateway, { path: '/chat', body: { message: 'x', max_tokens: 1 } });
    expect(last?.status).toBe(503);
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
    expect(last?.json()).toMatchObject({ error: { code: 'rate_limited' } });
    expect((last?.json() as { detail: string }).detail).not.toContain('LiteLLM');
    await gateway.stop();
    await engine.close();
  });
});
