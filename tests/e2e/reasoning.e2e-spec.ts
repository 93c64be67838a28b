import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSse } from '@local-llm-agent/testing';
import type { ChatCompletion, ChatCompletionChunk } from '@local-llm-agent/contracts';
import { THINKER } from './support/model-files.js';
import { RUNTIME, System } from './support/system.js';

const CHAT = {
  model: THINKER,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'What is the capital of France?' },
  ],
  temperature: 0,
  max_tokens: 16,
};

let system: System;
beforeAll(async () => {
  system = await System.start({ models: [THINKER] });
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function message(fields: object): Promise<ChatCompletion['choices'][number]['message']> {
  const response = await system.post('/v1/chat/completions', { ...CHAT, ...fields });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return (JSON.parse(text) as ChatCompletion).choices[0]!.message;
}

describe(`a model that thinks, on the ${RUNTIME} runtime`, () => {
  it('has its thoughts in reasoning_content, never in the content', async () => {
    // This small model never ends its thoughts: all that it writes is one.
    const { content, reasoning_content: thoughts } = await message({ reasoning_effort: 'high' });
    expect(thoughts?.length).toBeGreaterThan(5);
    expect([content, thoughts]).toEqual(['', expect.not.stringContaining('<think>')]);
  });

  it.each(['none', 'minimal'])('answers at once with the effort %s', async (effort) => {
    const { content, reasoning_content: thoughts } = await message({ reasoning_effort: effort });
    expect(thoughts).toBeUndefined();
    expect(content).toContain('Paris');
  });

  it('streams its thoughts as deltas of their own', async () => {
    const response = await system.post('/v1/chat/completions', { ...CHAT, reasoning_effort: 'medium', stream: true });
    let thoughts = '';
    let content = '';
    for await (const { data } of readSse(response.body as unknown as AsyncIterable<Buffer>)) {
      if (data === '[DONE]') break;
      const delta = (JSON.parse(data) as ChatCompletionChunk).choices[0]?.delta;
      thoughts += delta?.reasoning_content ?? '';
      content += delta?.content ?? '';
    }
    expect([content, thoughts.length > 5]).toEqual(['', true]);
  });
});
