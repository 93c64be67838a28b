import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { RUNTIME, System } from './support/system.js';

const run = promisify(execFile);
const PYTHON = process.env['TEST_PYTHON'];
const Mood = z.object({ mood: z.enum(['good', 'bad']), sure: z.boolean() });
const QUESTION = [{ role: 'user' as const, content: 'I won the lottery! How do I feel?' }];

let system: System;
let client: OpenAI;
beforeAll(async () => {
  system = await System.start();
  client = new OpenAI({ baseURL: `${system.gatewayUrl}/v1`, apiKey: 'not-required', maxRetries: 0 });
}, 120_000);
afterAll(() => system.stop(), 60_000);

describe(`the typed helpers of the official OpenAI package on the ${RUNTIME} runtime`, () => {
  it('parse an answer by its schema', async () => {
    const { choices } = await client.chat.completions.parse({
      model: 'smollm2',
      messages: QUESTION,
      response_format: zodResponseFormat(Mood, 'mood'),
      max_tokens: 60,
    });
    expect(Mood.parse(choices[0]?.message.parsed)).toEqual(choices[0]?.message.parsed);
  });

  it('put a stream with a schema together', async () => {
    const deltas: string[] = [];
    const final = await client.chat.completions
      .stream({
        model: 'smollm2',
        messages: QUESTION,
        response_format: zodResponseFormat(Mood, 'mood'),
        max_tokens: 60,
      })
      .on('content.delta', ({ delta }) => deltas.push(delta))
      .finalChatCompletion();
    expect(deltas.join('')).toBe(final.choices[0]?.message.content);
    expect(Mood.safeParse(final.choices[0]?.message.parsed).success).toBe(true);
  });

  it('run a tool', async () => {
    const moods: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model: 'smollm2',
      messages: QUESTION,
      max_tokens: 60,
      tools: [
        zodFunction({
          name: 'set_mood',
          parameters: Mood,
          function: (mood) => {
            moods.push(mood);
            return 'done';
          },
        }),
      ],
      tool_choice: { type: 'function', function: { name: 'set_mood' } },
    });
    await runner.done();
    expect(moods).toHaveLength(1);
    expect(Mood.safeParse(moods[0]).success).toBe(true);
    expect(runner.messages.some(({ role }) => role === 'tool')).toBe(true);
  });

  it('read embeddings, which they ask for as base64', async () => {
    const { data } = await client.embeddings.create({ model: 'smollm2', input: ['a cat', 'a dog'] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([576, 576]);
  });

  it('create, find, continue and delete a response', async () => {
    const first = await client.responses.create({ model: 'smollm2', input: 'Say hello.', max_output_tokens: 20 });
    expect(first.output_text).not.toBe('');
    expect((await client.responses.retrieve(first.id)).output_text).toBe(first.output_text);
    const next = await client.responses.create({
      model: 'smollm2',
      input: 'And now goodbye.',
      previous_response_id: first.id,
      max_output_tokens: 20,
    });
    expect(next.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? Infinity);
    await client.responses.delete(first.id);
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  it('put the stream of a response together, with the events in order', async () => {
    const stream = client.responses.stream({
      model: 'smollm2',
      input: 'I won the lottery!',
      text: { format: zodTextFormat(Mood, 'mood') },
      max_output_tokens: 60,
    });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    const final = await stream.finalResponse();
    expect(Mood.safeParse(final.output_parsed).success).toBe(true);
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
    expect(types.at(-1)).toBe('response.completed');
  });

  it('call a function in a response', async () => {
    const response = await client.responses.create({
      model: 'smollm2',
      input: 'What is the weather in Paris?',
      tools: [
        {
          type: 'function',
          name: 'weather',
          strict: true,
          parameters: {
            type: 'object',
            properties: { city: { type: 'string', maxLength: 12 } },
            required: ['city'],
            additionalProperties: false,
          },
        },
      ],
      tool_choice: 'required',
      max_output_tokens: 80,
    });
    const call = response.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'weather', call_id: expect.any(String), status: 'completed' });
    const after = await client.responses.create({
      model: 'smollm2',
      previous_response_id: response.id,
      input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'Sunny' }],
      max_output_tokens: 30,
    });
    expect(after.output.length).toBeGreaterThan(0);
  });
});

describe(`Python on the ${RUNTIME} runtime`, () => {
  const test = PYTHON ? it : it.skip;
  test.each([
    ['the typed helpers of the official OpenAI package', 'openai_helpers.py'],
    ['langchain-openai: invoke, stream, batch, structured output, tools, embeddings', 'langchain_openai_client.py'],
  ])(
    '%s (skipped where there is no python3)',
    async (_, file) => {
      const script = fileURLToPath(new URL(`./clients/${file}`, import.meta.url));
      const { stdout } = await run(PYTHON ?? '', [script, system.gatewayUrl], { timeout: 300_000 });
      expect(stdout.trim().split('\n').at(-1)).toBe('all good');
    },
    310_000,
  );
});
