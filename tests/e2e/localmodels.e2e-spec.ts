import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RUNTIME, System } from './support/system.js';

const run = promisify(execFile);
const PYTHON = process.env['TEST_PYTHON'];
const MEBIBYTE = 2 ** 20;

/** Texts of an answer. */
interface Reply {
  readonly response: string;
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

function client(name: string): string {
  return fileURLToPath(new URL(`./clients/${name}`, import.meta.url));
}

async function ask(body: object, route = '/chat'): Promise<Reply> {
  const response = await system.post(route, body);
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as Reply;
}

describe(`LocalModels on the ${RUNTIME} runtime`, () => {
  it('answers a question by fetch', async () => {
    const response = await fetch(`${system.gatewayUrl}/chat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'What is the capital of France?', model: 'gpt-oss:20b', max_tokens: 20 }),
    });
    const data = (await response.json()) as Reply;
    expect(data.response.length).toBeGreaterThan(0);
    // The demo model answers for what is not installed, and says so.
    expect([data.model, response.headers.get('x-fallback-from')]).toEqual(['smollm2', 'gpt-oss:20b']);
    expect(data.usage.total_tokens).toBe(data.usage.prompt_tokens + data.usage.completion_tokens);
  });

  it.each(['gpt-oss', 'qwen3', 'devstral', 'gemma3'])('takes the short name /chat/%s', async (name) => {
    const { response } = await ask({ message: 'Hi', max_tokens: 3 }, `/chat/${name}`);
    expect(response.length).toBeGreaterThan(0);
  });

  it('answers with the default model and the defaults', async () => {
    const { usage } = await ask({ message: 'Say yes.', temperature: 0, reasoning: 'low' });
    expect(usage.completion_tokens).toBeLessThanOrEqual(512);
  });

  it('says what there is', async () => {
    const info = (await (await fetch(`${system.gatewayUrl}/`)).json()) as Record<string, object>;
    expect(info).toMatchObject({ default_model: 'gpt-oss:20b', ollama_url: system.gatewayUrl });
    expect(info['available_models']).toMatchObject({
      smollm2: { name: 'smollm2', provider: RUNTIME, litellm_name: `${RUNTIME}/smollm2` },
      'gpt-oss:20b': { description: 'GPT-OSS 20B model' },
    });
  });

  it('lists the installed models with size and details', async () => {
    const { models } = (await (await fetch(`${system.gatewayUrl}/models`)).json()) as { models: object[] };
    const entry = models.find((model) => /^smollm2(?::latest)?$/.test((model as { name: string }).name));
    expect(entry).toMatchObject({
      modified_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      digest: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'llama', quantization_level: 'Q4_1' },
    });
    expect((entry as { size: number }).size).toBeGreaterThan(50 * MEBIBYTE);
  });

  it('streams to curl, line by line', async () => {
    const question = { message: 'What is the capital of France?', model: 'smollm2', max_tokens: 20, temperature: 0 };
    const plain = await ask(question);
    const body = JSON.stringify({ ...question, stream: true });
    const { stdout } = await run('curl', [
      '-sSN',
      '--max-time',
      '60',
      `${system.gatewayUrl}/chat`,
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
    ]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Reply & { done?: boolean });
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.map(({ response }) => response).join('')).toBe(plain.response);
    expect(lines.at(-1)).toMatchObject({ response: '', done: true, usage: { total_tokens: plain.usage.total_tokens } });
  });

  it('refuses an unknown model, and a message that is too long, with 400 and a detail', async () => {
    for (const body of [
      { message: 'x', model: 'none' },
      { message: 'far too long '.repeat(20_000), model: 'smollm2' },
    ]) {
      const response = await system.post('/chat', body);
      expect([response.status, await response.json()]).toEqual([
        400,
        { detail: expect.any(String), error: expect.objectContaining({ code: expect.any(String) }) },
      ]);
    }
  });

  it('serves a shell script that asks one model after the other', async () => {
    const { stdout } = await run('bash', [client('localmodels_ask.sh'), system.gatewayUrl, process.execPath], {
      timeout: 120_000,
    });
    const answers = stdout.trim().split('\n---\n');
    expect(answers).toHaveLength(3);
    for (const answer of answers) expect(answer).toMatch(/^Asking \S+\n".+"/);
  }, 130_000);

  const test = PYTHON ? it : it.skip;
  test('serves a Python client, and one that compares models (skipped where there is no python3)', async () => {
    const { stdout } = await run(PYTHON ?? '', [client('localmodels_client.py'), system.gatewayUrl], {
      timeout: 120_000,
    });
    expect(stdout.trim().split('\n').at(-1)).toBe('all good');
  }, 130_000);

  it('says in the words of the document that a model does not fit', async () => {
    const small = await System.start({ settings: { MEMORY_BUDGET: '32MiB' } });
    try {
      const response = await small.post('/chat/devstral', { message: 'x' });
      const { detail } = (await response.json()) as { detail: string };
      expect(response.status).toBe(503);
      expect(detail).toMatch(
        /^Error generating response with LiteLLM model devstral: Model requires more system memory \(\d+\.\d GiB\) than is available \(\d+\.\d GiB\)$/,
      );
    } finally {
      await small.stop();
    }
  });
});
