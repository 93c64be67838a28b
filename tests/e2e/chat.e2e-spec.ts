import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { countPromptTokens } from './support/tokenizer.js';
import { RUNTIME, System } from './support/system.js';

/** With a system message, because Ollama and the model's own template differ in what they put where there is none. */
const SYSTEM = { role: 'system', content: 'You are a helpful assistant.' } as const;
const QUESTION = [SYSTEM, { role: 'user', content: 'What is the capital of France?' }] as const;

interface ErrorBody {
  error: { code: string; message: string; type: string; param: string | null };
}

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function chat(fields: object): Promise<{ response: Response; body: OpenAI.ChatCompletion }> {
  const response = await system.post('/v1/chat/completions', {
    model: 'smollm2',
    messages: QUESTION,
    temperature: 0,
    ...fields,
  });
  return { response, body: (await response.json()) as OpenAI.ChatCompletion };
}

async function chunksOf(response: Response): Promise<{ chunks: OpenAI.ChatCompletionChunk[]; ended: boolean }> {
  const lines = (await response.text())
    .split('\n\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length));
  return {
    ended: lines.at(-1) === '[DONE]',
    chunks: lines.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as OpenAI.ChatCompletionChunk),
  };
}

describe(`a chat on the ${RUNTIME} runtime`, () => {
  it('answers with the whole shape of OpenAI', async () => {
    const { response, body } = await chat({});
    expect(response.status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'smollm2',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: expect.stringContaining('Paris'), refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        // Ollama does not say what was in its cache.
        ...(RUNTIME === 'embedded' ? { prompt_tokens_details: { cached_tokens: expect.any(Number) } } : {}),
      },
    });
    const usage = body.usage;
    expect((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0)).toBe(usage?.total_tokens);
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    expect(response.headers.get('x-latency-ms')).toMatch(/^\d+$/);
    expect(response.headers.get('x-tier')).toBe('small');
  });

  it('streams the same text, role first, reason last, then [DONE]', async () => {
    const plain = await chat({ seed: 1 });
    const response = await system.post('/v1/chat/completions', {
      model: 'smollm2',
      messages: QUESTION,
      temperature: 0,
      seed: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const { chunks, ended } = await chunksOf(response);
    expect(ended).toBe(true);
    expect(chunks[0]?.choices[0]?.delta).toEqual({
      role: 'assistant',
      content: '',
      refusal: null,
    });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      plain.body.choices[0]?.message.content,
    );
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.at(-1)?.usage).toEqual(plain.body.usage);
    expect(chunks.length).toBeGreaterThan(4);
  });

  it('sends no usage chunk unless asked', async () => {
    const response = await system.post('/v1/chat/completions', {
      model: 'smollm2',
      messages: QUESTION,
      max_tokens: 3,
      stream: true,
    });
    const { chunks, ended } = await chunksOf(response);
    expect(ended).toBe(true);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it.each(['max_tokens', 'max_completion_tokens'])('stops at %s with reason length', async (name) => {
    const { body } = await chat({ [name]: 4 });
    expect(body.choices[0]?.finish_reason).toBe('length');
    expect(body.usage?.completion_tokens).toBe(4);
  });

  it('ends before a stop text', async () => {
    const { body } = await chat({ stop: ['Paris'] });
    expect(body.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.not.stringContaining('Paris') },
    });
  });

  it('gives the same answer for the same seed', async () => {
    const ask = async (): Promise<string | null | undefined> =>
      (await chat({ seed: 42, temperature: 1, max_tokens: 24 })).body.choices[0]?.message.content;
    const first = await ask();
    expect(first).toBeTruthy();
    expect(await ask()).toBe(first);
  });

  it('takes developer, system and assistant messages and text parts', async () => {
    const messages = [
      { role: 'developer', content: 'You are a helpful assistant.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'My name is ' },
          { type: 'text', text: 'Ada.' },
        ],
      },
      { role: 'assistant', content: 'Hello Ada.' },
      { role: 'user', content: 'Say hello.' },
    ];
    const { response, body } = await chat({ messages, max_tokens: 16 });
    expect(response.status).toBe(200);
    const plain = [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'My name is Ada.' },
      { role: 'assistant', content: 'Hello Ada.' },
      { role: 'user', content: 'Say hello.' },
    ];
    expect(body.usage?.prompt_tokens).toBe(await countPromptTokens(plain));
  });

  it.each([1, 20, 200])(
    'shows the model all of a prompt of %i sentences',
    async (sentences) => {
      const content = Array.from(
        { length: sentences },
        (_, index) => `Line ${index} tells of the year ${1000 + index}.`,
      ).join('\n');
      const messages = [SYSTEM, { role: 'user', content }];
      const { body } = await chat({ messages, max_tokens: 1 });
      expect(body.usage?.prompt_tokens).toBe(await countPromptTokens(messages));
      // The second time the prompt is in the cache of the runtime; it counts all the same.
      expect((await chat({ messages, max_tokens: 1 })).body.usage?.prompt_tokens).toBe(body.usage?.prompt_tokens);
    },
    120_000,
  );

  it.each([false, true])('refuses a prompt longer than the context with both numbers (stream: %s)', async (stream) => {
    const messages = [{ role: 'user', content: 'word '.repeat(9000) }];
    const response = await system.post('/v1/chat/completions', { model: 'smollm2', messages, stream });
    const { error } = (await response.json()) as ErrorBody;
    expect([response.status, error.code, error.type, error.param]).toEqual([
      413,
      'context_length_exceeded',
      'invalid_request_error',
      'messages',
    ]);
    const [, prompt, context] = /has (?:about )?(\d+) tokens.* is (\d+) tokens/.exec(error.message) ?? [];
    expect(Number(context)).toBe(8192);
    expect(Number(prompt)).toBeGreaterThan(8192);
  });

  it('answers for the names of the documents by a visible fallback', async () => {
    for (const name of ['gpt-oss-20b', 'gpt-oss:20b', 'qwen3:30b', 'devstral', 'gemma3']) {
      const { response, body } = await chat({ model: name, max_tokens: 1 });
      expect([name, response.status, body.model, response.headers.get('x-fallback-from')]).toEqual([
        name,
        200,
        'smollm2',
        name,
      ]);
    }
  });

  it('answers for the virtual models', async () => {
    for (const model of ['auto', 'small']) expect((await chat({ model, max_tokens: 1 })).body.model).toBe('smollm2');
  });

  it('refuses an unknown model and says what there is', async () => {
    const { response, body } = await chat({ model: 'no-such-model' });
    const { error } = body as unknown as ErrorBody;
    expect([response.status, error.code, error.param]).toEqual([404, 'model_not_found', 'model']);
    expect(error.message).toContain('smollm2');
  });

  it('uses and returns the tier of the header', async () => {
    const ask = (tier: string): Promise<Response> =>
      system.post(
        '/v1/chat/completions',
        { model: 'smollm2', messages: QUESTION, max_tokens: 1 },
        { headers: { 'x-tier': tier } },
      );
    expect((await ask('main')).headers.get('x-tier')).toBe('main');
    expect((await ask('huge')).status).toBe(400);
  });

  it('answers requests at the same time', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => chat({ max_tokens: 8 })));
    expect(new Set(answers.map(({ body }) => body.choices[0]?.message.content)).size).toBe(1);
  });
});

describe(`the list of models on the ${RUNTIME} runtime`, () => {
  it('has what is installed and what is served by fallback', async () => {
    const list = (await (await fetch(`${system.gatewayUrl}/v1/models`)).json()) as {
      object: string;
      data: OpenAI.Model[];
    };
    expect(list.object).toBe('list');
    const ids = list.data.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['smollm2', 'gpt-oss:20b', 'gpt-oss-20b', 'qwen3:30b', 'devstral', 'gemma3']),
    );
    for (const model of list.data) {
      expect(model).toMatchObject({ object: 'model', owned_by: RUNTIME });
      expect(model.created).toBeGreaterThan(1_700_000_000);
    }
  });

  it('shows one by id or alias, and 404 for another', async () => {
    const show = (id: string): Promise<Response> => fetch(`${system.gatewayUrl}/v1/models/${encodeURIComponent(id)}`);
    expect(await (await show('gpt-oss-20b')).json()).toMatchObject({ id: 'gpt-oss-20b', object: 'model' });
    expect((await show('nothing')).status).toBe(404);
  });
});

describe(`health on the ${RUNTIME} runtime`, () => {
  it('has the fields of both documents', async () => {
    const response = await fetch(`${system.gatewayUrl}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      dependencies: {
        inference_engine: 'up',
        ollama: RUNTIME === 'ollama' ? 'up' : 'not_used',
        ...(RUNTIME === 'embedded' ? { embedded: 'up' } : {}),
      },
      ollama_service: RUNTIME === 'ollama' ? 'up' : 'not_used',
      default_model: 'gpt-oss:20b',
      available_models: expect.arrayContaining(['smollm2', 'gpt-oss:20b']),
      litellm_enabled: true,
    });
  });

  it.each(['/health/live', '/health/ready', '/metrics'])('answers %s on both services', async (path) => {
    for (const url of [system.gatewayUrl, system.engineUrl]) expect((await fetch(url + path)).status).toBe(200);
  });

  it('has the same request id in the log lines of both services', async () => {
    await system.post(
      '/v1/chat/completions',
      { model: 'smollm2', messages: QUESTION, max_tokens: 1 },
      { headers: { 'x-request-id': 'trace-me-1' } },
    );
    const lines = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return [system.gateway, system.engine].filter((program) =>
        program.logs.some((line) => line['requestId'] === 'trace-me-1'),
      ).length;
    };
    let seen = 0;
    for (let attempt = 0; attempt < 10 && seen < 2; attempt += 1) seen = await lines();
    expect(seen).toBe(2);
  });
});
