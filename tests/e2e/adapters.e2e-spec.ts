import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorOf, postChat } from './support/chat.js';
import { writeLora } from './support/lora-file.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

const TOLD = 'You are a pirate.';
const QUESTION = { role: 'user', content: 'Tell me about the sea.' } as const;
const NAMES = ['one', 'two', 'pirate', 'foreign'];
const onOllama = RUNTIME === 'ollama' ? it : it.skip;
const onEmbedded = RUNTIME === 'embedded' ? it : it.skip;

let folder: string;
let system: System;
const model = process.env['TEST_MODEL_GGUF'] ?? '';
const loraFile = (name: string): string => path.join(folder, `${name}.gguf`);
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-lora-'));
  await writeLora(model, loraFile('one'), { seed: 1 });
  await writeLora(model, loraFile('two'), { seed: 2 });
  await writeLora(model, loraFile('foreign'), { seed: 3, architecture: 'gpt2' });
  system = await System.start({
    catalog: `
models:
  - id: smollm2
    aliases: [smol]
    contextLength: 2048
    parallel: 2
    defaults: { maxTokens: 24, temperature: 0 }
    adapters:
      - { id: one, description: The first, lora: ${loraFile('one')} }
      - { id: two, lora: ${loraFile('two')}, system: ${TOLD} }
      - { id: pirate, description: Talks like a pirate, system: ${TOLD}, defaults: { maxTokens: 5 } }
      - { id: foreign, lora: ${loraFile('foreign')} }
`,
  });
}, 120_000);
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

interface Answered {
  readonly model: string;
  readonly choices: readonly [{ readonly message: { readonly content: string }; readonly finish_reason: string }];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

async function chat(name: string, messages: readonly object[] = [QUESTION], fields: object = {}): Promise<Answered> {
  const response = await postChat(system.gatewayUrl, { model: name, messages, seed: 1, ...fields });
  const body = (await response.json()) as Answered;
  expect([response.status, body]).toEqual([200, expect.objectContaining({ model: name })]);
  return body;
}

async function ask(name: string): Promise<string> {
  return (await chat(name)).choices[0].message.content;
}

async function json<T>(route: string, body?: object): Promise<T> {
  const response = await (body ? system.post(route, body) : fetch(system.gatewayUrl + route));
  const text = await response.text();
  expect([response.status, text]).toEqual([200, text]);
  return JSON.parse(text) as T;
}

/** Names that the Ollama of the test has, those of ours included. */
async function ollamaNames(): Promise<readonly string[]> {
  const { models } = (await (await fetch(`${system.ollama?.url}/api/tags`)).json()) as { models: { name: string }[] };
  return models.map(({ name }) => name);
}

const made = async (): Promise<readonly string[]> =>
  (await ollamaNames()).filter((name) => name.startsWith('local-llm-agent/')).sort();

describe(`LoRAs on the ${RUNTIME} runtime`, () => {
  it('answer otherwise than their base, whose answers are the same before, beside and after', async () => {
    const before = await ask('smollm2');
    const one = await ask('smollm2:one');
    const two = await ask('smollm2:two');
    expect(new Set([before, one, two]).size).toBe(3);
    expect(await Promise.all([ask('smollm2'), ask('smol:one')])).toEqual([before, one]);
    expect(await Promise.all([ask('smollm2:two'), ask('smollm2')])).toEqual([two, before]);
    expect([await ask('smollm2'), await ask('smollm2:one')]).toEqual([before, one]);
  }, 90_000);

  onEmbedded(
    'share the process and the weights of their base, and are counted as what they add',
    async () => {
      await ask('smollm2:one');
      expect(system.modelProcesses()).toHaveLength(1);
      const attached = system.engine.logs.find(
        ({ msg, model: name }) => msg === 'adapter attached' && name === 'smollm2:one',
      );
      const { needBytes, bytes } = attached as { needBytes: number; bytes: number };
      expect(needBytes / bytes).toBeGreaterThan(0.85);
      expect(needBytes / bytes).toBeLessThan(1.15);
      const { models } = await json<{ models: { name: string; size: number }[] }>('/api/ps');
      const size = (name: string): number => models.find((each) => each.name === name)?.size ?? 0;
      expect(size('smollm2:one')).toBe(bytes);
      const held = await system.metric(system.engineUrl, 'llm_resident_model_bytes');
      expect(held).toBeGreaterThan(size('smollm2:one') + size('smollm2:latest') * 0.9);
    },
    60_000,
  );

  onOllama(
    'are made once, under names that no list shows',
    async () => {
      await ask('smollm2:one');
      const names = await made();
      expect(names).toHaveLength(2);
      expect(names.join()).toMatch(/local-llm-agent\/smollm2:(one|two)-[0-9a-f]{8}-[0-9a-f]{12}/);
      const running = await json<{ models: { name: string; size: number }[] }>('/api/ps');
      expect(running.models.map(({ name }) => name)).toEqual(['smollm2:one']);
      expect(running.models[0]?.size).toBeGreaterThan(100e6);
      const answer = await ask('smollm2:one');
      await system.engine.stop();
      await system.startEngineAgain();
      expect(await ask('smollm2:one')).toBe(answer);
      expect(await made()).toEqual(names);
      expect(system.engine.logs.filter(({ msg }) => msg === 'making a model of an adapter')).toEqual([]);
    },
    90_000,
  );

  onOllama(
    'are made anew when their file has changed',
    async () => {
      const [answer, names] = [await ask('smollm2:two'), await made()];
      await writeLora(model, loraFile('two'), { seed: 4 });
      await until('the file is read anew', async () => (await ask('smollm2:two')) !== answer, 30_000);
      const after = await made();
      expect(after).toHaveLength(names.length);
      expect(after).not.toEqual(names);
    },
    90_000,
  );

  it('say what is wrong with one that was made for another model', async () => {
    const { status, code, message } = await errorOf(
      await postChat(system.gatewayUrl, { model: 'smollm2:foreign', messages: [QUESTION] }),
    );
    expect([status, code]).toEqual([503, 'backend_unavailable']);
    expect(message).toMatch(RUNTIME === 'ollama' ? /architecture gpt2, but its base is of llama/ : /arch mismatch/);
    expect(message).not.toContain(folder);
    expect(await ask('smollm2')).not.toBe('');
  }, 60_000);
});

describe(`system prompts over a model on the ${RUNTIME} runtime`, () => {
  it('are what the client could have said, before what it says', async () => {
    const told = (text: string): object => ({ role: 'system', content: text });
    const bound = { max_tokens: 5 };
    const [plain, alone] = [await chat('smollm2', [told(TOLD), QUESTION], bound), await chat('smollm2:pirate')];
    expect([alone.choices, alone.usage]).toEqual([
      plain.choices,
      expect.objectContaining({ prompt_tokens: plain.usage.prompt_tokens }),
    ]);
    const both = await chat('smol:pirate', [told('Be brief.'), QUESTION]);
    const joined = await chat('smollm2', [told(`${TOLD}\n\nBe brief.`), QUESTION], bound);
    expect(both.choices).toEqual(joined.choices);
    expect(both.usage.prompt_tokens).toBe(joined.usage.prompt_tokens);
  }, 60_000);

  it('bring values of their own, which the request overrides', async () => {
    expect((await chat('smollm2:pirate')).usage.completion_tokens).toBe(5);
    expect((await chat('smollm2:pirate', [QUESTION], { max_tokens: 2 })).usage.completion_tokens).toBe(2);
  }, 60_000);

  it('need no load of their own', async () => {
    await ask('smollm2');
    const loads = await system.metric(system.engineUrl, 'llm_model_load_seconds_count');
    await ask('smollm2:pirate');
    await ask('smollm2');
    expect(await system.metric(system.engineUrl, 'llm_model_load_seconds_count')).toBe(loads);
  }, 60_000);

  it('count in the tokens of a prompt', async () => {
    const count = async (body: object): Promise<number> => {
      const counted = await json<{ input_tokens: number }>('/v1/messages/count_tokens', {
        messages: [QUESTION],
        ...body,
      });
      return counted.input_tokens;
    };
    expect(await count({ model: 'smollm2:pirate' })).toBe(await count({ model: 'smollm2', system: TOLD }));
  }, 60_000);
});

describe(`adapters in every dialect on the ${RUNTIME} runtime`, () => {
  it('are listed under every name of their base', async () => {
    const { data } = await json<{ data: { id: string; owned_by: string }[] }>('/v1/models');
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(['smollm2', 'smol', ...NAMES.flatMap((name) => [`smollm2:${name}`, `smol:${name}`])]);
    expect(data.find(({ id }) => id === 'smol:one')?.owned_by).toBe(RUNTIME);
    expect(await json('/v1/models/smollm2:pirate')).toMatchObject({ id: 'smollm2:pirate', object: 'model' });
  });

  it('are shown to clients of Ollama with the model they are made of', async () => {
    const { models } = await json<{ models: { name: string; details: { parent_model: string } }[] }>('/api/tags');
    expect(models.map(({ name, details }) => [name, details.parent_model])).toEqual([
      ['smollm2:latest', ''],
      ...NAMES.map((name) => [`smollm2:${name}`, 'smollm2']),
    ]);
    expect(await json('/api/show', { model: 'smollm2:pirate' })).toMatchObject({
      system: TOLD,
      details: { parent_model: 'smollm2' },
    });
    expect(await json('/api/show', { model: 'smol:one' })).toMatchObject({ details: { parent_model: 'smollm2' } });
    const info = await json<{ available_models: Record<string, { description: string }> }>('/');
    expect(info.available_models['smollm2:one']).toMatchObject({ description: 'The first' });
  });

  it.each([
    ['/v1/completions', { prompt: 'The sea', max_tokens: 3 }],
    ['/v1/messages', { messages: [QUESTION], max_tokens: 3 }],
    ['/v1/responses', { input: 'Hi', max_output_tokens: 3 }],
    ['/api/chat', { messages: [QUESTION], stream: false }],
    ['/api/generate', { prompt: 'Hi', stream: false }],
  ])(
    'answer at %s under the name that was asked for',
    async (route, body) => {
      for (const name of ['smollm2:one', 'smollm2:pirate'])
        expect(await json(route, { model: name, ...body })).toMatchObject({ model: name });
    },
    60_000,
  );

  it('begin the text of a completion with what they tell', async () => {
    const fields = { max_tokens: 8, temperature: 0, seed: 1 };
    type Completion = Pick<Answered, 'usage'> & { readonly choices: readonly [{ readonly text: string }] };
    const adapted = await json<Completion>('/v1/completions', {
      model: 'smollm2:pirate',
      prompt: 'The sea',
      ...fields,
    });
    const plain = await json<Completion>('/v1/completions', {
      model: 'smollm2',
      prompt: `${TOLD}\n\nThe sea`,
      ...fields,
    });
    expect([adapted.choices, adapted.usage.prompt_tokens]).toEqual([plain.choices, plain.usage.prompt_tokens]);
  }, 60_000);

  it('are loaded and unloaded by clients of Ollama', async () => {
    const loaded = async (): Promise<readonly string[]> => {
      const { models } = await json<{ models: { name: string }[] }>('/api/ps');
      return models.map(({ name }) => name);
    };
    await json('/api/generate', { model: 'smollm2:one' });
    expect(await loaded()).toContain('smollm2:one');
    await json('/api/generate', { model: 'smollm2:one', keep_alive: 0 });
    expect(await loaded()).not.toContain('smollm2:one');
  }, 60_000);

  it('that are not there are a 404 that says which there are', async () => {
    const { status, code, message } = await errorOf(
      await postChat(system.gatewayUrl, { model: 'smollm2:three', messages: [QUESTION] }),
    );
    expect([status, code]).toEqual([404, 'model_not_found']);
    expect(message).toBe("The model 'smollm2' has no adapter 'three'. It has: one, two, pirate, foreign.");
  });
});

describe(`an adapter that an OpenAI-compatible server has (a model on ${RUNTIME} behind it)`, () => {
  let client: System;
  beforeAll(async () => {
    client = await System.start({
      ollamaUrl: system.gatewayUrl,
      settings: { RUNTIMES: 'openai', OPENAI_BASE_URL: `${system.gatewayUrl}/v1`, OPENAI_API_KEY: 'any' },
      catalog: `
models:
  - id: smollm2
    adapters: [{ id: there, servedAs: 'smollm2:one' }, { id: two, lora: ${loraFile('two')} }, { id: none, servedAs: none }]
`,
    });
  }, 120_000);
  afterAll(() => client.stop(), 60_000);

  const fields = { messages: [QUESTION], temperature: 0, seed: 1, max_tokens: 24 };

  it('answers under its own name as the model that the server lists', async () => {
    const answer = await postChat(client.gatewayUrl, { model: 'smollm2:there', ...fields });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({
        model: 'smollm2:there',
        choices: (await chat('smollm2:one', [QUESTION], fields)).choices,
      }),
    ]);
    const { data } = (await (await fetch(`${client.gatewayUrl}/v1/models`)).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['smollm2:there', 'smollm2:two']));
    expect(data.map(({ id }) => id)).not.toContain('smollm2:none');
  }, 60_000);

  it('is a 404 that says what to do when the server does not list it', async () => {
    const { status, message } = await errorOf(await postChat(client.gatewayUrl, { model: 'smollm2:none', ...fields }));
    expect(status).toBe(404);
    expect(message).toContain('--lora-modules none=PATH');
  });
});
