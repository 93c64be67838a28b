import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { APIError, NotFoundError } from 'openai';
import { RUNTIME, System } from './support/system.js';

const run = promisify(execFile);
const PYTHON = process.env['TEST_PYTHON'];
const MESSAGES = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: 'What is 2+2?' },
] as const;

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

function client(): OpenAI {
  return new OpenAI({ baseURL: `${system.gatewayUrl}/v1`, apiKey: 'not-required', maxRetries: 0 });
}

describe(`the official OpenAI package on the ${RUNTIME} runtime`, () => {
  it('gets a plain answer', async () => {
    const answer = await client().chat.completions.create({
      model: 'gpt-oss-20b',
      messages: [...MESSAGES],
      max_tokens: 100,
    });
    expect(answer.choices[0]?.message.content).toEqual(expect.any(String));
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('reads a stream piece by piece', async () => {
    const stream = await client().chat.completions.create({
      model: 'smollm2',
      messages: [...MESSAGES],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
    });
    let text = '';
    let pieces = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      pieces += 1;
      usage = chunk.usage ?? usage;
    }
    expect(text.length).toBeGreaterThan(0);
    expect(pieces).toBeGreaterThan(3);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  it('puts a stream together with its own helper', async () => {
    const final = await client()
      .chat.completions.stream({
        model: 'smollm2',
        messages: [MESSAGES[0], { role: 'user', content: 'What is the capital of France?' }],
        temperature: 0,
      })
      .finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('stop');
  });

  it('lists and shows models', async () => {
    const ids: string[] = [];
    for await (const model of client().models.list()) ids.push(model.id);
    expect(ids).toContain('gpt-oss-20b');
    expect((await client().models.retrieve('smollm2')).owned_by).toBe(RUNTIME);
  });

  it('throws its own typed errors, with code, parameter and request id', async () => {
    const missing = await client()
      .chat.completions.create({ model: 'none', messages: [...MESSAGES] })
      .catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(NotFoundError);
    expect(missing).toMatchObject({ code: 'model_not_found', param: 'model', requestID: expect.any(String) });
    const bad = await client()
      .chat.completions.create({ model: 'smollm2', messages: [...MESSAGES], temperature: 9 })
      .catch((error: unknown) => error);
    expect(bad).toBeInstanceOf(APIError);
    expect(bad).toMatchObject({ status: 400, param: 'temperature' });
  });
});

describe(`Python on the ${RUNTIME} runtime`, () => {
  const test = PYTHON ? it : it.skip;
  test('the official OpenAI package: plain, stream and errors (skipped where there is no python3)', async () => {
    const script = fileURLToPath(new URL('./clients/openai_chat.py', import.meta.url));
    const { stdout } = await run(PYTHON ?? '', [script, system.gatewayUrl], { timeout: 120_000 });
    expect(stdout.trim().split('\n').at(-1)).toBe('all good');
  }, 130_000);
});

describe(`curl on the ${RUNTIME} runtime`, () => {
  it('gets an answer', async () => {
    const body = JSON.stringify({
      model: 'gpt-oss-20b',
      messages: [{ role: 'user', content: 'Hello!' }],
      max_tokens: 100,
    });
    const { stdout } = await run('curl', [
      '-sS',
      '--max-time',
      '60',
      '-X',
      'POST',
      `${system.gatewayUrl}/v1/chat/completions`,
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion', model: 'smollm2' });
  });

  it('sees the tokens of a stream one by one', async () => {
    const body = JSON.stringify({
      model: 'smollm2',
      messages: [MESSAGES[0], { role: 'user', content: 'What is the capital of France?' }],
      temperature: 0,
      stream: true,
    });
    const { stdout } = await run('curl', [
      '-sSN',
      '--max-time',
      '60',
      `${system.gatewayUrl}/v1/chat/completions`,
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
    ]);
    expect(stdout.split('\n').filter((line) => line.startsWith('data: ')).length).toBeGreaterThan(5);
    expect(stdout.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });
});
