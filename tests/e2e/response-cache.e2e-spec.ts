import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { RUNTIME, System } from './support/system.js';

const QUESTION = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: 'What is the capital of France? Answer in one sentence.' },
] as const;

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

/** The bytes of an answer without what is of one answer only. */
const contentOf = (text: string): string => text.replace(/"(?:id|created)":(?:"[^"]*"|\d+)/g, '');

describe(`the response cache before the ${RUNTIME} runtime`, () => {
  const post = async (path: string, body: object): Promise<{ text: string; cache: string | null }> => {
    const response = await fetch(`${system.gatewayUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-cache-control': 'use' },
      body: JSON.stringify({ model: 'smollm2', ...body }),
    });
    expect(response.status).toBe(200);
    return { text: await response.text(), cache: response.headers.get('x-cache') };
  };

  it.each([
    ['a chat', '/v1/chat/completions', { messages: QUESTION, temperature: 0, max_tokens: 32 }],
    [
      'a streamed chat',
      '/v1/chat/completions',
      {
        messages: QUESTION,
        seed: 7,
        temperature: 0.8,
        max_tokens: 32,
        stream: true,
        stream_options: { include_usage: true },
      },
    ],
    ['a completion', '/v1/completions', { prompt: 'The capital of France is', temperature: 0, max_tokens: 8 }],
    ['an embedding', '/v1/embeddings', { input: ['The capital of France', 'Paris'] }],
  ])('gives %s again, the same byte for byte', async (_, path, body) => {
    const [first, second] = [await post(path, body), await post(path, body)];
    expect([first.cache, second.cache]).toEqual(['miss', 'hit']);
    expect(contentOf(second.text)).toBe(contentOf(first.text).replace(/^: .*\n\n/gm, ''));
  });

  it('lets identical requests at the same time share one run', async () => {
    const body = { messages: QUESTION, temperature: 0, max_tokens: 48, stop: ['never'] };
    const answers = await Promise.all(Array.from({ length: 4 }, () => post('/v1/chat/completions', body)));
    expect(answers.filter(({ cache }) => cache === 'miss').length).toBe(1);
    expect(new Set(answers.map(({ text }) => contentOf(text))).size).toBe(1);
    expect(new Set(answers.map(({ text }) => (JSON.parse(text) as { id: string }).id)).size).toBe(4);
  });

  it('is at the hand of the clients that people have', async () => {
    const defaultHeaders = { 'X-Cache-Control': 'use' };
    const openai = new OpenAI({ baseURL: `${system.gatewayUrl}/v1`, apiKey: 'any', maxRetries: 0, defaultHeaders });
    const anthropic = new Anthropic({ baseURL: system.gatewayUrl, apiKey: 'any', maxRetries: 0, defaultHeaders });
    const question = { model: 'smollm2', temperature: 0, max_tokens: 24 } as const;
    const messages = [{ role: 'user', content: 'Say hello.' }] as const;
    const streamed = async (): Promise<string | null | undefined> =>
      (await openai.chat.completions.stream({ ...question, messages: [...messages] }).finalChatCompletion()).choices[0]
        ?.message.content;
    expect(await streamed()).toBe(await streamed());
    const message = (): Promise<Anthropic.Message> =>
      anthropic.messages.stream({ ...question, messages: [...messages] }).finalMessage();
    const [first, second] = [await message(), await message()];
    expect(second.content).toEqual(first.content);
    expect(second.id).not.toBe(first.id);
    const metrics = await (await fetch(`${system.gatewayUrl}/metrics`)).text();
    expect(Number(/^llm_response_cache_requests_total\{[^}]*outcome="hit"[^}]*\} (\d+)/m.exec(metrics)?.[1])).toBe(6);
  });
});
