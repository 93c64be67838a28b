import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SHORT_CHAT, errorOf, expectAnswer, postChat } from './support/chat.js';
import { writeLora } from './support/lora-file.js';
import { System } from './support/system.js';

/** A model takes about 350 MiB so, and its adapter about 100 MiB. */
const catalogWith = (lora: string): string => `
models:
  - id: smollm2
    contextLength: 2048
    parallel: 2
    memory: 360MiB
    adapters: [{ id: one, lora: ${lora} }]
  - { id: twin, contextLength: 2048, parallel: 2, memory: 360MiB }
`;

let folder: string;
let lora: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-lora-'));
  lora = path.join(folder, 'one.gguf');
  await writeLora(process.env['TEST_MODEL_GGUF'] ?? '', lora, { seed: 1 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ADAPTED = { ...SHORT_CHAT, model: 'smollm2:one' };

describe('an adapter that does not fit beside its base', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ catalog: catalogWith(lora), settings: { MEMORY_BUDGET: '400MiB' } });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  it('is refused with both figures, and the base goes on', async () => {
    await expectAnswer(system.gatewayUrl);
    const { status, code, message } = await errorOf(await postChat(system.gatewayUrl, ADAPTED));
    expect([status, code]).toEqual([503, 'backend_unavailable']);
    expect(message).toMatch(
      /^The adapter smollm2:one requires \d+ MiB of memory besides its base, but \d+ MiB are available\./,
    );
    await expectAnswer(system.gatewayUrl);
  }, 60_000);
});

describe('an adapter that only fits without another model', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({
      models: ['smollm2', 'twin'],
      catalog: catalogWith(lora),
      settings: { MEMORY_BUDGET: '760MiB' },
    });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  it('makes one leave that nobody uses', async () => {
    await expectAnswer(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' });
    await expectAnswer(system.gatewayUrl);
    expect(system.modelProcesses()).toHaveLength(2);
    await expectAnswer(system.gatewayUrl, ADAPTED);
    expect(system.modelProcesses()).toHaveLength(1);
    expect(await system.metric(system.engineUrl, 'llm_resident_model_bytes', 'twin')).toBe(0);
  }, 60_000);

  it('gives embeddings under the name of its base only', async () => {
    const { status, param, message } = await errorOf(
      await system.post('/v1/embeddings', { model: 'smollm2:one', input: 'sea' }),
    );
    expect([status, param]).toEqual([400, 'model']);
    expect(message).toContain('Ask smollm2 for them');
  }, 60_000);
});
