import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { ChatStream, LONG_CHAT, errorOf, expectAnswer, postChat } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

/** A system with the model, and before it one that only knows an OpenAI-compatible server. */
let upstream: System;
let system: System;
let client: OpenAI;
beforeAll(async () => {
  upstream = await System.start();
  // Ollama's own /v1 is such a server, and so is our gateway.
  const server = upstream.ollama?.url ?? upstream.gatewayUrl;
  system = await System.start({
    ollamaUrl: server,
    settings: { RUNTIMES: 'openai', OPENAI_BASE_URL: `${server}/v1`, OPENAI_API_KEY: 'any' },
  });
  client = new OpenAI({ baseURL: `${system.gatewayUrl}/v1`, apiKey: 'any', maxRetries: 0 });
}, 120_000);
afterAll(async () => {
  await system.stop();
  await upstream.stop();
}, 60_000);

const QUESTION = [
  { role: 'system' as const, content: 'You are a helpful assistant.' },
  { role: 'user' as const, content: 'What is the capital of France?' },
];

describe(`an OpenAI-compatible server as a runtime (a model on ${RUNTIME} behind it)`, () => {
  it('lists its models and says that it is up', async () => {
    expect((await client.models.retrieve('smollm2')).owned_by).toBe('openai');
    const health = (await (await fetch(`${system.gatewayUrl}/health`)).json()) as { dependencies: object };
    expect(health.dependencies).toMatchObject({ inference_engine: 'up', ollama: 'not_used', openai: 'up' });
  });

  it('answers plain and streamed, with the real usage', async () => {
    const plain = await client.chat.completions.create({
      model: 'smollm2',
      messages: QUESTION,
      temperature: 0,
      seed: 1,
      max_tokens: 30,
    });
    expect(plain.choices[0]?.message.content).toContain('Paris');
    expect(plain.usage?.prompt_tokens).toBeGreaterThan(20);
    const stream = await client.chat.completions.create({
      model: 'smollm2',
      messages: QUESTION,
      temperature: 0,
      seed: 1,
      max_tokens: 30,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(plain.choices[0]?.message.content);
    expect(usage).toEqual(plain.usage);
  });

  it('constrains answers and calls of tools', async () => {
    const schema = {
      type: 'object',
      properties: { capital: { enum: ['Paris', 'Rome'] } },
      required: ['capital'],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      model: 'smollm2',
      messages: QUESTION,
      max_tokens: 40,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ capital: expect.stringMatching(/^(Paris|Rome)$/) });
    const called = await client.chat.completions.create({
      model: 'smollm2',
      messages: QUESTION,
      max_tokens: 60,
      tools: [{ type: 'function', function: { name: 'answer', parameters: schema } }],
      tool_choice: 'required',
    });
    expect(called.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'answer' } });
  });

  it('goes on from a text and gives embeddings', async () => {
    const { choices } = await client.completions.create({
      model: 'smollm2',
      prompt: 'One, two, three,',
      max_tokens: 5,
    });
    expect(choices[0]?.text).not.toBe('');
    const { data } = await client.embeddings.create({ model: 'smollm2', input: ['a cat', 'a dog'] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([576, 576]);
  });

  it('frees the slot when a client leaves', async () => {
    const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
    await stream.take(3);
    stream.leave();
    await until(
      'nothing runs any more',
      async () => (await system.metric(system.engineUrl, 'llm_requests_in_flight')) === 0,
      10_000,
    );
    await expectAnswer(system.gatewayUrl);
  });

  it('says what is wrong when the server is gone, and goes on when it is back', async () => {
    if (upstream.ollama) await upstream.ollama.kill();
    else await upstream.gateway.stop();
    const error = await errorOf(await postChat(system.gatewayUrl, { ...LONG_CHAT, max_tokens: 1 }));
    expect(error).toMatchObject({ status: 503, code: 'backend_unavailable' });
    expect(error.message).toContain('OPENAI_BASE_URL');
    if (!upstream.ollama) return;
    await upstream.ollama.startAgain();
    await until(
      'the server is found again',
      async () => (await system.metric(system.engineUrl, 'llm_breaker_state')) === 0,
      10_000,
    );
    await expectAnswer(system.gatewayUrl);
  });
});
