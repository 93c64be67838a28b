import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { THINKER } from './support/model-files.js';
import { RUNTIME, System } from './support/system.js';

const run = promisify(execFile);
const PYTHON = process.env['TEST_PYTHON'];
/** Ollama lends no tokenizer: a count from outside is right to a few tokens. */
const COUNT_ERROR = RUNTIME === 'ollama' ? 4 : 0;
const CAPITAL = {
  model: 'smollm2',
  max_tokens: 24,
  temperature: 0,
  system: 'You are a helpful assistant.',
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};
const CITY = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 20 } },
  required: ['city'],
  additionalProperties: false,
} as const;

let system: System;
let client: Anthropic;
beforeAll(async () => {
  system = await System.start({ models: ['smollm2', THINKER] });
  client = new Anthropic({ baseURL: system.gatewayUrl, apiKey: 'not-required', maxRetries: 0 });
}, 120_000);
afterAll(() => system.stop(), 60_000);

function expectNear(tokens: number, exact: number): void {
  expect(Math.abs(tokens - exact)).toBeLessThanOrEqual(COUNT_ERROR);
}

describe(`the official Anthropic package on the ${RUNTIME} runtime`, () => {
  it('gets a message', async () => {
    const message = await client.messages.create({ ...CAPITAL, model: 'gpt-oss-20b' });
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model: 'smollm2', stop_reason: 'end_turn' });
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Paris') }]);
    expect(message.usage.input_tokens).toBeGreaterThan(10);
    expect(message._request_id).toEqual(expect.any(String));
  });

  it('puts a stream together that is the same message, and knows the prompt from its first event', async () => {
    const plain = await client.messages.create(CAPITAL);
    const stream = client.messages.stream(CAPITAL);
    const pieces: string[] = [];
    let told = 0;
    stream.on('text', (piece) => pieces.push(piece));
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') told = event.message.usage.input_tokens;
    });
    const { content, stop_reason, usage } = await stream.finalMessage();
    expect([content, stop_reason, usage]).toEqual([plain.content, plain.stop_reason, plain.usage]);
    expect(pieces.length).toBeGreaterThan(3);
    // Elsewhere it begins with an estimate.
    expect([told, told > 0]).toEqual([RUNTIME === 'embedded' ? usage.input_tokens : told, true]);
  });

  it('counts the tokens that a message then has', async () => {
    const { model, system: told, messages, max_tokens: _ } = CAPITAL;
    const { data, response } = await client.messages.countTokens({ model, system: told, messages }).withResponse();
    const { usage } = await client.messages.create({ ...CAPITAL, max_tokens: 1 });
    expectNear(data.input_tokens, usage.input_tokens);
    expect(response.headers.get('x-token-count')).toBe(RUNTIME === 'ollama' ? 'estimate' : 'exact');
  });

  it('ends at max_tokens and says so', async () => {
    const message = await client.messages.create({ ...CAPITAL, max_tokens: 2 });
    expect([message.stop_reason, message.usage.output_tokens]).toEqual(['max_tokens', 2]);
  });

  it.each([false, true])('ends at a stop sequence (stream: %s)', async (streamed) => {
    const params = { ...CAPITAL, stop_sequences: ['Spain', ' Paris'] };
    const message = streamed
      ? await client.messages.stream(params).finalMessage()
      : await client.messages.create(params);
    expect(message.content).toMatchObject([{ text: expect.not.stringContaining('Paris') }]);
    expect([message.stop_reason, message.stop_sequence]).toEqual(['stop_sequence', ' Paris']);
  });

  it.each([false, true])('has a tool called that it chooses (stream: %s)', async (streamed) => {
    const params: Anthropic.MessageCreateParamsNonStreaming = {
      ...CAPITAL,
      max_tokens: 80,
      tools: [{ name: 'look_up', description: 'Looks a city up', input_schema: { ...CITY, required: ['city'] } }],
      tool_choice: { type: 'tool', name: 'look_up' },
    };
    const message = streamed
      ? await client.messages.stream(params).finalMessage()
      : await client.messages.create(params);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toEqual([
      {
        type: 'tool_use',
        id: expect.any(String),
        name: 'look_up',
        input: { city: expect.any(String) },
        caller: { type: 'direct' },
      },
    ]);
  });

  it('runs tools in a loop with the runner of the package', async () => {
    const cities: string[] = [];
    const lookUp = betaTool({
      name: 'look_up',
      description: 'Looks a city up',
      inputSchema: CITY,
      run: ({ city }) => {
        cities.push(city);
        return `${city} is a large city.`;
      },
    });
    const runner = client.beta.messages.toolRunner({
      ...CAPITAL,
      max_tokens: 80,
      tools: [lookUp],
      tool_choice: { type: 'any' },
      max_iterations: 2,
    });
    const replies = [];
    for await (const reply of runner) replies.push(reply.stop_reason);
    expect(replies).toEqual(['tool_use', 'tool_use']);
    expect(cities.length).toBeGreaterThan(0);
  });

  it('shows thinking to those who ask for it, and to nobody else', async () => {
    const params = { ...CAPITAL, model: THINKER, max_tokens: 1030 };
    const stream = await client.messages.create({
      ...params,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    });
    for await (const event of stream) {
      if (event.type !== 'content_block_delta') continue;
      // This small model never ends its thoughts: the first of them is enough.
      expect(event.delta).toEqual({ type: 'thinking_delta', thinking: expect.any(String) });
      break;
    }
    const hidden = await client.messages.create({ ...params, max_tokens: 16 });
    expect(hidden.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Paris') }]);
  });

  it('throws its own typed errors', async () => {
    const thrown = (fields: object): Promise<unknown> =>
      client.messages.create({ ...CAPITAL, ...fields }).catch((error: unknown) => error);
    const missing = await thrown({ model: 'none' });
    expect(missing).toBeInstanceOf(NotFoundError);
    expect(missing).toMatchObject({ type: 'not_found_error', requestID: expect.any(String) });
    expect(await thrown({ temperature: 2 })).toBeInstanceOf(BadRequestError);
    const long = await thrown({ messages: [{ role: 'user', content: 'far too long '.repeat(20_000) }] });
    expect(long).toBeInstanceOf(BadRequestError);
    expect(long).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect((long as Error).message).toMatch(/\d+ tokens/);
  });
});

describe(`Python on the ${RUNTIME} runtime`, () => {
  const test = PYTHON ? it : it.skip;
  test('the official Anthropic package (skipped where there is no python3)', async () => {
    const script = fileURLToPath(new URL('./clients/anthropic_messages.py', import.meta.url));
    const { stdout } = await run(PYTHON ?? '', [script, system.gatewayUrl], { timeout: 120_000 });
    expect(stdout.trim().split('\n').at(-1)).toBe('all good');
  }, 130_000);
});
