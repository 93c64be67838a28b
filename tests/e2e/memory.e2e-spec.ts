import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SHORT_CHAT, errorOf, postChat } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';

/** A context for which the demo model needs 180 MiB (Ollama) to 310 MiB (embedded, and estimated before the first load). */
const CATALOG = 'uncatalogued: { contextLength: 2048, parallel: 1 }';

function residents(system: System): Promise<readonly string[]> {
  return system.metricLines(system.engineUrl, 'llm_resident_model_bytes');
}

describe(`a model that does not fit, on the ${RUNTIME} runtime`, () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ settings: { MEMORY_BUDGET: '100MiB' } });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  it.each([false, true])('is refused with both figures before anything is loaded (stream: %s)', async (stream) => {
    const { status, code, message } = await errorOf(await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream }));
    expect([status, code]).toEqual([503, 'backend_unavailable']);
    expect(message).toMatch(/^Model requires more system memory \(0\.[3-9] GiB\) than is available \(0\.1 GiB\)$/);
    expect(await residents(system)).toEqual([]);
    expect(system.modelProcesses()).toEqual([]);
    expect(await system.metric(system.engineUrl, 'llm_model_load_seconds_count')).toBe(0);
  });
});

describe(`two models where one fits, on the ${RUNTIME} runtime`, () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({
      models: ['smollm2', 'twin'],
      catalog: CATALOG,
      settings: { MEMORY_BUDGET: '350MiB' },
    });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  it('answer in turn and are never in memory together', async () => {
    const tooMany: unknown[] = [];
    const seen = new Set<string>();
    let over = false;
    const watch = async (): Promise<void> => {
      while (!over) {
        const held = await residents(system);
        for (const line of held) seen.add(line.includes('twin') ? 'twin' : 'smollm2');
        if (held.length > 1) tooMany.push(held);
        const processes = system.modelProcesses();
        if (processes.length > 1) tooMany.push(processes);
        await wait(20);
      }
    };
    const watching = watch();
    const ask = async (model: string): Promise<unknown> => {
      const response = await postChat(system.gatewayUrl, { ...SHORT_CHAT, model });
      return [response.status, ((await response.json()) as { model?: string }).model];
    };
    const names = ['smollm2', 'twin', 'smollm2', 'twin'];
    const answers = await Promise.all(names.map(ask));
    for (const name of names) answers.push(await ask(name));
    over = true;
    await watching;
    expect(answers).toEqual([...names, ...names].map((name) => [200, name]));
    expect([...seen].sort()).toEqual(['smollm2', 'twin']);
    expect(tooMany.slice(0, 2)).toEqual([]);
    expect(await system.metric(system.engineUrl, 'llm_model_load_seconds_count', 'outcome="loaded"')).toBeGreaterThan(
      4,
    );
  }, 60_000);
});
