import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ollama } from 'ollama';
import { RECORDED, apiRequests, recordedShapes, shapeOf, type ApiShape } from './support/ollama-api.js';
import { RUNTIME, System } from './support/system.js';

const run = promisify(execFile);
const {
  TEST_PYTHON: python,
  TEST_OLLAMA_COMMAND: command,
  TEST_MODEL_GGUF: modelFile = '',
  RECORD_OLLAMA,
} = process.env;
const OPTIONS = { temperature: 0, num_predict: 24, seed: 1 };
const QUESTION = [{ role: 'user', content: 'What is the capital of France?' }];

/** The command bounds no answer by itself; the catalog does. */
const CATALOG = `
tiers:
  small: { defaultModel: smollm2 }
  main: { defaultModel: 'gpt-oss:20b' }
models:
  - { id: smollm2, tier: small, defaults: { maxTokens: 40 } }
  - { id: 'gpt-oss:20b', tier: main, fallbacks: [smollm2] }
`;

let system: System;
let client: Ollama;
beforeAll(async () => {
  system = await System.start({ catalog: CATALOG });
  client = new Ollama({ host: system.gatewayUrl });
}, 120_000);
afterAll(() => system.stop(), 60_000);

describe(`the official Ollama package on the ${RUNTIME} runtime`, () => {
  it('chats, with the times and counts of the answer', async () => {
    const answer = await client.chat({ model: 'smollm2', messages: QUESTION, options: OPTIONS });
    expect(answer.message.content).toMatch(/\w/);
    expect(answer).toMatchObject({ model: 'smollm2', done: true });
    expect(answer.prompt_eval_count).toBeGreaterThan(5);
    expect(answer.eval_count).toBeGreaterThan(3);
    const {
      total_duration: total,
      load_duration: load,
      prompt_eval_duration: prompt,
      eval_duration: evaluation,
    } = answer;
    expect(Math.min(load, prompt, evaluation)).toBeGreaterThan(0);
    expect(Math.abs(total - load - prompt - evaluation)).toBeLessThan(1e6);
  });

  it('streams a chat piece by piece, with the same text', async () => {
    const whole = await client.chat({ model: 'smollm2', messages: QUESTION, options: OPTIONS });
    let text = '';
    let pieces = 0;
    for await (const part of await client.chat({
      model: 'smollm2',
      messages: QUESTION,
      options: OPTIONS,
      stream: true,
    })) {
      text += part.message.content;
      pieces += 1;
    }
    expect(text).toBe(whole.message.content);
    expect(pieces).toBeGreaterThan(5);
  });

  it('generates, and goes on with the context of the answer', async () => {
    const first = await client.generate({ model: 'smollm2', prompt: 'My name is Ada. Say hello.', options: OPTIONS });
    expect(first.response).toMatch(/\w/);
    const second = await client.generate({
      model: 'smollm2',
      prompt: 'What is my name?',
      context: first.context,
      options: OPTIONS,
    });
    expect(second.prompt_eval_count).toBeGreaterThan(first.prompt_eval_count + first.eval_count);
  });

  it('goes on from a raw prompt', async () => {
    const answer = await client.generate({ model: 'smollm2', prompt: '1, 2, 3, 4,', raw: true, options: OPTIONS });
    expect(answer.response).toContain('5');
    expect(answer.context).toBeUndefined();
  });

  it('answers in the form of a schema', async () => {
    const format = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const options = { ...OPTIONS, num_predict: 100 };
    const answer = await client.chat({ model: 'smollm2', messages: QUESTION, format, options });
    expect(JSON.parse(answer.message.content)).toEqual({ city: expect.any(String) });
  });

  it('takes tools and a history of calls', async () => {
    const tools = [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'The weather of a city',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ];
    const history = [
      { role: 'user', content: 'How is the weather in Paris?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Paris' } } }],
      },
      { role: 'tool', tool_name: 'get_weather', content: '11 degrees and sunny' },
    ];
    const answer = await client.chat({ model: 'smollm2', messages: history, tools, options: OPTIONS });
    expect(answer.done).toBe(true);
    expect(answer.prompt_eval_count).toBeGreaterThan(30);
  });

  it('embeds several texts at once', async () => {
    const { embeddings, prompt_eval_count: tokens } = await client.embed({ model: 'smollm2', input: ['sky', 'sea'] });
    expect(embeddings.map((vector) => vector.length)).toEqual([576, 576]);
    expect(Math.hypot(...(embeddings[0] ?? []))).toBeCloseTo(1, 3);
    expect(tokens).toBeGreaterThan(1);
    const old = await client.embeddings({ model: 'smollm2', prompt: 'sky' });
    expect(old.embedding).toHaveLength(576);
  });

  it('lists, shows and tells what is in memory', async () => {
    const { models } = await client.list();
    expect(models[0]).toMatchObject({
      name: 'smollm2:latest',
      details: { family: 'llama', quantization_level: 'Q4_1' },
    });
    expect(models.find(({ name }) => name === 'gpt-oss:20b')?.details.parent_model).toBe('smollm2');
    const shown = await client.show({ model: 'smollm2' });
    expect(shown).toMatchObject({
      details: { parameter_size: '134.52M' },
      capabilities: expect.arrayContaining(['completion']),
    });
    expect(shown.model_info).toMatchObject({ 'general.architecture': 'llama', 'llama.context_length': 8192 });
    await client.generate({ model: 'smollm2', prompt: '' });
    expect((await client.ps()).models).toEqual([expect.objectContaining({ name: 'smollm2:latest' })]);
  });

  it('copies and removes a model', async () => {
    await client.copy({ source: 'smollm2', destination: 'twin:1b' });
    const answer = await client.chat({ model: 'twin:1b', messages: QUESTION, options: { ...OPTIONS, num_predict: 2 } });
    expect(answer.model).toBe('twin:1b');
    await client.delete({ model: 'twin:1b' });
    expect((await client.list()).models.map(({ name }) => name)).not.toContain('twin:1b');
    await expect(client.show({ model: 'twin:1b' })).rejects.toMatchObject({ status_code: 404 });
  });

  it('gets errors as Ollama gives them', async () => {
    await expect(client.chat({ model: 'nope', messages: QUESTION })).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining("model 'nope' not found"),
    });
    await expect(client.pull({ model: 'no/such/registry/model' })).rejects.toThrow();
    const long = 'word '.repeat(20_000);
    await expect(client.chat({ model: 'smollm2', messages: [{ role: 'user', content: long }] })).rejects.toMatchObject({
      status_code: 400,
      error: expect.stringContaining('context'),
    });
  });
});

describe(`the answers on the ${RUNTIME} runtime, beside those of the real Ollama`, () => {
  it('have the same status, type and keys in the same order', async () => {
    const ours: Record<string, ApiShape> = {};
    const real: Record<string, ApiShape> = {};
    for (const [name, request] of Object.entries(apiRequests())) {
      if (system.ollama) real[name] = await shapeOf(system.ollama.url, request);
      ours[name] = await shapeOf(system.gatewayUrl, request);
    }
    if (system.ollama && RECORD_OLLAMA) writeFileSync(RECORDED, `${JSON.stringify(real, null, 2)}\n`);
    const recorded = recordedShapes();
    if (system.ollama) expect(real).toEqual(recorded);
    expect(ours).toEqual(recorded);
  });
});

describe(`the ollama command on the ${RUNTIME} runtime`, () => {
  const test = command ? it : it.skip;
  const ollama = async (...args: string[]): Promise<string> => {
    const env = {
      ...process.env,
      OLLAMA_HOST: system.gatewayUrl.replace('http://', ''),
      HOME: path.dirname(modelFile),
    };
    const running = run(command ?? '', args, { env, timeout: 100_000 });
    // It takes what comes in as a part of the prompt, and waits for its end.
    running.child.stdin?.end();
    const { stdout, stderr } = await running;
    return stdout + stderr;
  };

  test('lists, runs, shows, copies, makes, stops and removes models (skipped without the program)', async () => {
    expect(await ollama('list')).toMatch(/^NAME .*\nsmollm2:latest /);
    expect((await ollama('run', 'smollm2', 'Say hi.')).length).toBeGreaterThan(1);
    expect(await ollama('ps')).toMatch(/smollm2:latest .*Forever/);
    expect(await ollama('show', 'smollm2')).toMatch(/quantization +Q4_1/);
    expect(await ollama('cp', 'smollm2', 'copied')).toContain("copied 'smollm2' to 'copied'");
    const modelfile = path.join(system.folder, 'Modelfile');
    writeFileSync(modelfile, `FROM ${modelFile}\n`);
    expect(await ollama('create', 'made:tiny', '-f', modelfile)).toContain('success');
    expect(await ollama('list')).toMatch(/made:tiny/);
    await ollama('stop', 'smollm2');
    expect(await ollama('ps')).not.toContain('smollm2');
    expect(await ollama('rm', 'copied', 'made:tiny')).toMatch(/deleted 'copied'[^]*deleted 'made:tiny'/);
    expect(await ollama('list')).not.toMatch(/copied|made/);
    await expect(ollama('show', 'copied')).rejects.toThrow(/not found/);
  });
});

describe(`Python on the ${RUNTIME} runtime`, () => {
  const test = python ? it : it.skip;
  test('the official Ollama package (skipped where there is no python3)', async () => {
    const script = fileURLToPath(new URL('./clients/ollama_client.py', import.meta.url));
    const { stdout } = await run(python ?? '', [script, system.gatewayUrl], { timeout: 120_000 });
    expect(stdout.trim().split('\n').at(-1)).toBe('all good');
  }, 130_000);
});
