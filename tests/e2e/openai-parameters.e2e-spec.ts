import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { chunksOf, errorOf } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';

/** With a system message, because Ollama and the model's own template differ in what they put where there is none. */
const MESSAGES = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: 'What is the capital of France?' },
] as const;
const GREEDY = { model: 'smollm2', messages: MESSAGES, temperature: 0 } as const;
/** A red dot. */
const IMAGE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==';

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function chat(fields: object): Promise<OpenAI.ChatCompletion> {
  const response = await system.post('/v1/chat/completions', { ...GREEDY, ...fields });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as OpenAI.ChatCompletion;
}

const chunksFor = (fields: object): Promise<OpenAI.ChatCompletionChunk[]> =>
  chunksOf(`${system.gatewayUrl}/v1/chat/completions`, { ...GREEDY, ...fields });

const refusal = async (route: string, body: object): Promise<unknown> => errorOf(await system.post(route, body));

describe(`n on the ${RUNTIME} runtime`, () => {
  it('gives so many answers, different ones, and counts the prompt once', async () => {
    const one = await chat({ max_tokens: 8 });
    const three = await chat({ max_tokens: 8, n: 3, temperature: 1.5, seed: 7 });
    expect(three.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(three.choices.map(({ message }) => message.content)).size).toBeGreaterThan(1);
    expect(three.usage?.prompt_tokens).toBe(one.usage?.prompt_tokens);
    expect(three.usage?.completion_tokens).toBeGreaterThan(one.usage?.completion_tokens ?? 0);
  });

  it('streams them with their indexes, one end for each', async () => {
    const chunks = await chunksFor({ max_tokens: 4, n: 2 });
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.filter(({ delta }) => delta.role).map(({ index }) => index)).toEqual([0, 1]);
    expect(choices.filter(({ finish_reason: end }) => end).map(({ index }) => index)).toEqual([0, 1]);
    const text = (wanted: number): string =>
      choices
        .filter(({ index }) => index === wanted)
        .map(({ delta }) => delta.content ?? '')
        .join('');
    expect(text(0)).toBe(text(1));
    expect(text(0)).not.toBe('');
  });
});

describe(`sampling on the ${RUNTIME} runtime`, () => {
  it('stops before a stop text, also one that spans tokens', async () => {
    const whole = (await chat({ max_tokens: 16 })).choices[0]?.message.content ?? '';
    const stop = whole.slice(3, 8);
    const { choices } = await chat({ max_tokens: 16, stop: ['never seen', stop] });
    expect(choices[0]?.message.content).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it('gives the same answer for the same seed, and others for others', async () => {
    const texts = [];
    for (const seed of [1, 1, 2, 3])
      texts.push((await chat({ temperature: 1.5, seed, max_tokens: 12 })).choices[0]?.message.content);
    expect(texts[0]).toBe(texts[1]);
    expect(new Set(texts).size).toBeGreaterThan(1);
  });

  it.each<[string, object]>([
    ['top_k 1', { temperature: 2, top_p: 1, top_k: 1 }],
    ['min_p 1', { temperature: 2, top_p: 1, min_p: 1 }],
    ["top_k 1 in Ollama's options", { temperature: 2, top_p: 1, options: { top_k: 1 } }],
  ])('is greedy with %s', async (_, fields) => {
    const greedy = await chat({ max_tokens: 10 });
    const other = await chat({ max_tokens: 10, ...fields });
    expect(other.choices[0]?.message.content).toBe(greedy.choices[0]?.message.content);
  });

  it('repeats itself less with penalties', async () => {
    const messages = [MESSAGES[0], { role: 'user', content: 'Write a very long story about a ship.' }];
    const repeatedWords = async (fields: object): Promise<number> => {
      const { choices } = await chat({ messages, max_tokens: 120, ...fields });
      const words = choices[0]?.message.content?.toLowerCase().match(/\w+/g) ?? [];
      return words.length - new Set(words).size;
    };
    const freely = await repeatedWords({});
    expect(await repeatedWords({ frequency_penalty: 2, presence_penalty: 2 })).toBeLessThan(freely / 2);
  });

  it('honours logit_bias or says who can', async () => {
    const first = (await chat({ max_tokens: 1, logprobs: true })).choices[0]?.logprobs?.content?.[0];
    expect(first?.token).toEqual(expect.any(String));
    const body = { ...GREEDY, max_tokens: 8, logit_bias: { 504: 100 } };
    if (RUNTIME === 'ollama') {
      expect(await refusal('/v1/chat/completions', body)).toMatchObject({ status: 400, param: 'logit_bias' });
      return;
    }
    const pieces = (await chat({ ...body, logprobs: true })).choices[0]?.logprobs?.content ?? [];
    expect(new Set(pieces.map(({ token }) => token)).size).toBe(1);
    expect(pieces).toHaveLength(8);
  });
});

describe(`log-probabilities on the ${RUNTIME} runtime`, () => {
  it('have the exact shape, and the texts of the tokens are the content', async () => {
    const { choices } = await chat({ max_tokens: 8, logprobs: true, top_logprobs: 20 });
    const content = choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join('')).toBe(choices[0]?.message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of content) {
      expect(bytes).toEqual([...Buffer.from(token)]);
      expect(top).toHaveLength(20);
      expect(top.map((item) => item.logprob)).toEqual(top.map((item) => item.logprob).sort((a, b) => b - a));
      expect(top.reduce((sum, item) => sum + Math.exp(item.logprob), 0)).toBeLessThanOrEqual(1.001);
      // Without a temperature the likeliest token is the one that is chosen.
      expect(top[0]?.token).toBe(token);
      expect(top[0]?.logprob).toBeCloseTo(logprob, 5);
    }
  });

  it('come in a stream as they do in a whole answer', async () => {
    const fields = { max_tokens: 6, logprobs: true, top_logprobs: 2, seed: 1 };
    const plain = (await chat(fields)).choices[0]?.logprobs?.content ?? [];
    const chunks = await chunksFor(fields);
    const streamed = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? []);
    expect(streamed.map(({ token }) => token)).toEqual(plain.map(({ token }) => token));
    for (const [index, { logprob }] of streamed.entries()) expect(logprob).toBeCloseTo(plain[index]!.logprob, 3);
  });

  const onOllama = RUNTIME === 'ollama' ? it : it.skip;
  onOllama("agree with Ollama's own within 1e-3 (on the embedded runtime its own specs compare them)", async () => {
    const [ours] = (await chat({ max_tokens: 1, logprobs: true, top_logprobs: 5 })).choices[0]?.logprobs?.content ?? [];
    const response = await fetch(`${system.ollama?.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'smollm2',
        messages: MESSAGES,
        stream: false,
        logprobs: true,
        top_logprobs: 5,
        keep_alive: -1,
        options: { num_predict: 1, temperature: 0, num_ctx: 8192 },
      }),
    });
    const theirs = (await response.json()) as { logprobs: { token: string; logprob: number }[] };
    expect(ours?.token).toBe(theirs.logprobs[0]?.token);
    expect(Math.abs((ours?.logprob ?? 0) - (theirs.logprobs[0]?.logprob ?? 9))).toBeLessThan(1e-3);
  });
});

describe(`tools on the ${RUNTIME} runtime`, () => {
  const WEATHER = {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Tells the weather of a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 20 }, unit: { enum: ['celsius', 'fahrenheit'] } },
        required: ['city', 'unit'],
        additionalProperties: false,
      },
    },
  } as const;
  const TIME = { type: 'function', function: { name: 'get_time', description: 'Tells the time' } } as const;
  const question = {
    ...GREEDY,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    max_tokens: 120,
  };

  it.each<[string, object, RegExp]>([
    ['one is required', { tools: [WEATHER, TIME], tool_choice: 'required' }, /^get_(weather|time)$/],
    [
      'one is named',
      { tools: [TIME, WEATHER], tool_choice: { type: 'function', function: { name: 'get_weather' } } },
      /^get_weather$/,
    ],
  ])('are called with arguments of their schema when %s', async (_, fields, name) => {
    const { choices } = await chat({ ...question, ...fields });
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call] = choice?.message.tool_calls ?? [];
    if (call?.type !== 'function') throw new Error('no call');
    expect(call.id).toMatch(/^call_/);
    expect(call.function.name).toMatch(name);
    const given = JSON.parse(call.function.arguments) as { city?: unknown; unit?: unknown };
    if (call.function.name === 'get_weather')
      expect(given).toEqual({ city: expect.any(String), unit: expect.stringMatching(/^(celsius|fahrenheit)$/) });
  });

  it('are streamed as deltas with an id', async () => {
    const chunks = await chunksFor({
      ...question,
      tools: [WEATHER],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, id: expect.stringMatching(/^call_/), type: 'function' });
    expect(deltas.every(({ index }) => index === 0)).toBe(true);
    const text = deltas.map((delta) => delta.function?.arguments ?? '').join('');
    expect(JSON.parse(text)).toEqual({ city: expect.any(String), unit: expect.any(String) });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('are not called when the choice is none, and may be with auto', async () => {
    const none = await chat({ ...question, tools: [WEATHER], tool_choice: 'none', max_tokens: 20 });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
    expect(none.choices[0]?.message.content).toEqual(expect.any(String));
    const auto = await chat({ ...question, tools: [WEATHER], parallel_tool_calls: false, max_tokens: 60 });
    const { content, tool_calls: calls } = auto.choices[0]!.message;
    expect(Boolean(content) || (calls ?? []).length === 1).toBe(true);
    expect(content ?? '').not.toMatch(/^<tool_call>.*<\/tool_call>$/s);
  });

  it('have their results read in the next turn', async () => {
    const history = [
      ...question.messages,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Sunny, 31 degrees' },
    ];
    const { choices, usage } = await chat({ ...question, messages: history, tools: [WEATHER], max_tokens: 40 });
    expect(choices[0]?.finish_reason).toMatch(/^(stop|length|tool_calls)$/);
    expect(usage?.prompt_tokens).toBeGreaterThan(60);
  });
});

describe(`what cannot be done on the ${RUNTIME} runtime`, () => {
  const image = { role: 'user', content: [{ type: 'image_url', image_url: { url: IMAGE } }] };
  const schema = (inner: object): object => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: inner } },
  });

  it.each<[string, string, object, string]>([
    ['an image for a model that does not see', 'chat/completions', { messages: [image] }, 'messages[0].content[0]'],
    ['audio', 'chat/completions', { audio: { voice: 'alloy', format: 'wav' } }, 'audio'],
    ['web search', 'chat/completions', { web_search_options: {} }, 'web_search_options'],
    ['a prediction', 'chat/completions', { prediction: { type: 'content', content: 'x' } }, 'prediction'],
    ['storing', 'chat/completions', { store: true }, 'store'],
    ['more context than there is', 'chat/completions', { options: { num_ctx: 1e6 } }, 'options.num_ctx'],
    ['a suffix', 'completions', { prompt: 'a', suffix: 'b' }, 'suffix'],
    ['more dimensions than there are', 'embeddings', { input: 'a', dimensions: 60_000 }, 'dimensions'],
  ])('%s is a 400 that names the parameter', async (_, route, fields, param) => {
    const body = { model: 'smollm2', ...(route === 'chat/completions' ? GREEDY : {}), ...fields };
    expect(await refusal(`/v1/${route}`, body)).toMatchObject({ status: 400, code: 'invalid_request', param });
  });

  it('a schema is a 400 that names the keyword', async () => {
    const fields = schema({ type: 'object', properties: { a: { not: { type: 'string' } } }, required: ['a'] });
    const error = (await refusal('/v1/chat/completions', { ...GREEDY, ...fields })) as {
      param: string;
      message: string;
    };
    expect(error).toMatchObject({ status: 400, param: expect.stringMatching(/^response_format\.json_schema\.schema/) });
    expect(error.message).toMatch(/\bnot\b/);
  });
});

describe(`virtual models and aliases on the ${RUNTIME} runtime`, () => {
  it.each(['auto', 'small', 'main', 'gpt-oss-20b'])('%s works everywhere', async (model) => {
    const routes: [string, object][] = [
      ['/v1/chat/completions', { messages: MESSAGES }],
      ['/v1/completions', { prompt: 'a' }],
      ['/v1/embeddings', { input: 'a' }],
    ];
    for (const [route, fields] of routes) {
      const response = await system.post(route, {
        model,
        ...fields,
        ...(route === '/v1/embeddings' ? {} : { max_tokens: 1 }),
      });
      expect([route, response.status]).toEqual([route, 200]);
      expect(((await response.json()) as { model: string }).model).toEqual(expect.any(String));
    }
  });
});
