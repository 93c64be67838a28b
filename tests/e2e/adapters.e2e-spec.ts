import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorOf, postChat } from './support/chat.js';
import { writeLora } from './support/lora-file.js';
import { RUNTIME, System } from './support/system.js';

const MIB = 2 ** 20;

let folder: string;
let system: System;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-lora-'));
  const model = process.env['TEST_MODEL_GGUF'] ?? '';
  await writeLora(model, path.join(folder, 'one.gguf'), { seed: 1 });
  await writeLora(model, path.join(folder, 'two.gguf'), { seed: 2 });
  await writeLora(model, path.join(folder, 'foreign.gguf'), { seed: 3, architecture: 'gpt2' });
  system = await System.start({
    catalog: `
models:
  - id: smollm2
    aliases: [smol]
    contextLength: 2048
    parallel: 2
    defaults: { maxTokens: 24, temperature: 0 }
    adapters:
      - { id: one, description: The first, lora: ${folder}/one.gguf }
      - { id: two, lora: ${folder}/two.gguf, system: You are a pirate. }
      - { id: pirate, description: Talks like a pirate, system: You are a pirate., defaults: { maxTokens: 5 } }
      - { id: foreign, lora: ${folder}/foreign.gguf }
`,
  });
}, 120_000);
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

const QUESTION = [{ role: 'user', content: 'What is the capital of France?' }] as const;

interface Answered {
  readonly model: string;
  readonly choices: readonly [{ readonly message: { readonly content: string } }];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

async function chat(model: string, messages: readonly object[] = QUESTION): Promise<Answered> {
  const response = await postChat(system.gatewayUrl, { model, messages, seed: 1 });
  const body = (await response.json()) as Answered;
  expect([response.status, body]).toEqual([200, expect.objectContaining({ model })]);
  return body;
}

async function ask(model: string): Promise<string> {
  return (await chat(model)).choices[0].message.content;
}

const get = async <T>(route: string): Promise<T> => (await (await fetch(system.gatewayUrl + route)).json()) as T;

describe(`adapters on the ${RUNTIME} runtime`, () => {
  it('answer otherwise than their base, whose answers stay the same before, beside and after', async () => {
    const before = await ask('smollm2');
    const memory = await system.metric(system.engineUrl, 'llm_resident_model_bytes');
    const one = await ask('smollm2:one');
    expect(one).not.toBe(before);
    console.log({ before, one, memory, after: await system.metric(system.engineUrl, 'llm_resident_model_bytes') });
    const [beside, again] = await Promise.all([ask('smollm2'), ask('smol:one')]);
    expect([beside, again]).toEqual([before, one]);
    const two = await ask('smollm2:two');
    expect([before, one]).not.toContain(two);
    expect(await ask('smollm2')).toBe(before);
    expect(await ask('smollm2:one')).toBe(one);
    console.log(
      two,
      MIB,
      system.engine.output.split('\n').filter((l) => l.includes('adapter')),
    );
  }, 60_000);

  it('are listed', async () => {
    console.log(
      JSON.stringify(await get('/v1/models')),
      JSON.stringify(await get('/api/tags')),
      JSON.stringify(await get('/api/ps')),
    );
    console.log(await errorOf(await postChat(system.gatewayUrl, { model: 'smollm2:three', messages: QUESTION })));
    console.log(await errorOf(await postChat(system.gatewayUrl, { model: 'smollm2:foreign', messages: QUESTION })));
  }, 60_000);
});
