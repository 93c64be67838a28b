import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { chunksOf, errorOf } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

const refusal = async (route: string, body: object): Promise<unknown> => errorOf(await system.post(route, body));

describe(`completions on the ${RUNTIME} runtime`, () => {
  const complete = async (fields: object): Promise<OpenAI.Completion> => {
    const response = await system.post('/v1/completions', {
      model: 'smollm2',
      prompt: 'One, two, three,',
      temperature: 0,
      ...fields,
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.any(String)]);
    return JSON.parse(text) as OpenAI.Completion;
  };

  it('go on from the prompt without a chat template', async () => {
    const { choices, usage } = await complete({ max_tokens: 6 });
    expect(choices[0]).toMatchObject({ index: 0, text: expect.stringMatching(/four/i), logprobs: null });
    expect(usage).toMatchObject({ completion_tokens: 6 });
  });

  it('answer several prompts, several times, with the prompt before the text', async () => {
    const { choices, usage } = await complete({ prompt: ['One, two,', 'A, B,'], n: 2, echo: true, max_tokens: 3 });
    expect(choices.map(({ index, text }) => [index, text.slice(0, 4)])).toEqual([
      [0, 'One,'],
      [1, 'One,'],
      [2, 'A, B'],
      [3, 'A, B'],
    ]);
    expect(usage?.completion_tokens).toBe(12);
  });

  it('have log-probabilities in the old shape', async () => {
    const { choices } = await complete({ max_tokens: 4, logprobs: 2 });
    const [choice] = choices;
    expect(choice?.logprobs?.tokens?.join('')).toBe(choice?.text);
    expect(choice?.logprobs?.token_logprobs).toHaveLength(4);
    expect(choice?.logprobs?.text_offset?.[0]).toBe(0);
    expect(Object.keys(choice?.logprobs?.top_logprobs?.[0] ?? {})).toHaveLength(2);
  });

  it('are streamed', async () => {
    const chunks = await chunksOf<OpenAI.Completion>(`${system.gatewayUrl}/v1/completions`, {
      model: 'smollm2',
      prompt: 'One, two, three,',
      temperature: 0,
      max_tokens: 6,
      stream_options: { include_usage: true },
    });
    const plain = await complete({ max_tokens: 6 });
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(plain.choices[0]?.text);
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 6 });
  });

  it('take tokens where the runtime can', async () => {
    const body = { model: 'smollm2', prompt: [504, 3575, 282], max_tokens: 3 };
    if (RUNTIME === 'ollama')
      expect(await refusal('/v1/completions', body)).toMatchObject({ status: 400, param: 'prompt' });
    else expect((await complete(body)).usage?.prompt_tokens).toBe(3);
  });

  it('refuse a prompt that is too long, and cut nothing', async () => {
    const error = await refusal('/v1/completions', { model: 'smollm2', prompt: 'word '.repeat(9000), max_tokens: 3 });
    expect(error).toMatchObject({ status: 413, code: 'context_length_exceeded', param: 'prompt' });
  });
});

describe(`embeddings on the ${RUNTIME} runtime`, () => {
  const embed = async (fields: object): Promise<OpenAI.CreateEmbeddingResponse> => {
    const response = await system.post('/v1/embeddings', { model: 'smollm2', ...fields });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.any(String)]);
    return JSON.parse(text) as OpenAI.CreateEmbeddingResponse;
  };
  const cosine = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, number, index) => sum + number * b[index]!, 0);

  it('keep the order of the inputs and have length 1', async () => {
    const inputs = ['The cat sleeps.', 'Stock prices fell today.', 'A cat is sleeping.'];
    const { data, usage } = await embed({ input: inputs });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { embedding } of data) expect(cosine(embedding, embedding)).toBeCloseTo(1, 3);
    const [cat, stocks, sleeping] = data.map(({ embedding }) => embedding);
    expect(cosine(cat!, sleeping!)).toBeGreaterThan(cosine(cat!, stocks!));
    expect(usage.prompt_tokens).toBeGreaterThan(10);
    const alone = await embed({ input: inputs[1] });
    expect(cosine(alone.data[0]!.embedding, stocks!)).toBeGreaterThan(0.999);
  });

  it('come shortened and as base64', async () => {
    const whole = (await embed({ input: 'hello' })).data[0]!.embedding;
    const short = (await embed({ input: 'hello', dimensions: 64 })).data[0]!.embedding;
    expect(short).toHaveLength(64);
    const norm = Math.sqrt(whole.slice(0, 64).reduce((sum, number) => sum + number * number, 0));
    expect(short[0]).toBeCloseTo(whole[0]! / norm, 5);
    const { data } = await embed({ input: 'hello', encoding_format: 'base64' });
    const bytes = Buffer.from(data[0]!.embedding as unknown as string, 'base64');
    expect(bytes.length).toBe(whole.length * 4);
    expect(bytes.readFloatLE(0)).toBeCloseTo(whole[0]!, 5);
  });

  it('take tokens where the runtime can', async () => {
    const body = { model: 'smollm2', input: [[504, 3575], [282]] };
    if (RUNTIME === 'ollama') {
      const error = (await refusal('/v1/embeddings', body)) as { message: string };
      expect(error).toMatchObject({ status: 400, param: 'input' });
      expect(error.message).toContain('check_embedding_ctx_length');
    } else expect((await embed(body)).data).toHaveLength(2);
  });

  it('refuse an input that is too long, name it, and cut nothing', async () => {
    const error = await refusal('/v1/embeddings', { model: 'smollm2', input: ['short', 'word '.repeat(9000)] });
    expect(error).toMatchObject({ status: 413, code: 'context_length_exceeded', param: 'input[1]' });
  });

  it.each<[unknown]>([[''], [[]], [['a', '']], [null]])('refuse the empty input %j', async (input) => {
    const error = await refusal('/v1/embeddings', { model: 'smollm2', input });
    expect(error).toMatchObject({ status: 400, param: expect.stringMatching(/^input/) });
  });
});
