import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineStatus, ModelPin, ModelResidence } from '@local-llm-agent/contracts';
import { readSse } from '@local-llm-agent/testing';
import { SHORT_CHAT, errorOf, postChat } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';

/** Room for one of the two models, see memory.e2e-spec.ts. */
const CATALOG = 'uncatalogued: { contextLength: 2048, parallel: 1 }';
const MEMORY_BUDGET = '350MiB';

describe(`operators, on the ${RUNTIME} runtime`, () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ models: ['smollm2', 'twin'], catalog: CATALOG, settings: { MEMORY_BUDGET } });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  const change = async <T>(model: string, what: 'load' | 'unload' | 'pin' | 'unpin'): Promise<T> => {
    const response = await system.post(`/admin/models/${model}/${what}`, {});
    expect([what, response.status]).toEqual([what, 200]);
    return (await response.json()) as T;
  };
  const residency = async (): Promise<EngineStatus> =>
    (await (await fetch(`${system.gatewayUrl}/admin/residency`)).json()) as EngineStatus;

  it('load a model, keep it from leaving, let it go, and see each step and its reason', async () => {
    const before = await residency();
    expect(before.runtimes).toEqual([{ id: RUNTIME, kind: RUNTIME, pool: 'local', status: 'up', detail: null }]);
    expect([before.residents, before.decisions]).toEqual([[], []]);

    expect(await change<ModelResidence>('smollm2', 'load')).toMatchObject({ model: 'smollm2', state: 'loaded' });
    expect(await change<ModelPin>('smollm2', 'pin')).toEqual({ model: 'smollm2', pinned: true, resident: true });
    const loaded = await residency();
    const [resident] = loaded.residents;
    expect(loaded.residents).toHaveLength(1);
    expect(resident).toMatchObject({ model: 'smollm2', phase: 'ready', pinned: true, contextLength: 2048, slots: 1 });
    expect(resident!.bytes).toBeGreaterThan(50 * 2 ** 20);
    expect(resident!.loadMs).toBeGreaterThan(0);
    expect(loaded.pools).toMatchObject([{ id: 'local', residentBytes: resident!.bytes, budgetBytes: 350 * 2 ** 20 }]);

    const refused = await errorOf(await postChat(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' }));
    expect([refused.status, refused.code, refused.message]).toEqual([
      503,
      'backend_unavailable',
      expect.stringContaining('pinned'),
    ]);
    const kept = await errorOf(await system.post('/admin/models/smollm2/unload', {}));
    expect([kept.status, kept.code]).toEqual([400, 'invalid_request']);
    expect((await residency()).residents).toMatchObject([{ model: 'smollm2', phase: 'ready' }]);
    expect((await postChat(system.gatewayUrl, { ...SHORT_CHAT, model: 'smollm2' })).status).toBe(200);

    await change('smollm2', 'unpin');
    expect((await postChat(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' })).status).toBe(200);
    expect(await change<ModelResidence>('twin', 'unload')).toMatchObject({ model: 'twin', state: 'unloaded' });
    const after = await residency();
    expect(after.residents).toEqual([]);
    expect(system.modelProcesses()).toEqual([]);
    expect(after.decisions.map(({ what, model }) => `${what} ${model}`)).toEqual([
      'unload twin',
      'load twin',
      'unload smollm2',
      'refuse twin',
      'load smollm2',
    ]);
    expect(after.decisions.filter(({ reason }) => reason.length < 10)).toEqual([]);
  }, 60_000);

  it('see a load as it goes on, without asking again', async () => {
    const abort = new AbortController();
    const stream = await fetch(`${system.gatewayUrl}/admin/events`, { signal: abort.signal });
    const load = change('twin', 'load');
    for await (const { event, data } of readSse(stream.body as unknown as AsyncIterable<Buffer>)) {
      expect(event).toBe('status');
      const { residents } = JSON.parse(data) as EngineStatus;
      if (residents[0]?.phase === 'ready') break;
    }
    await load;
    abort.abort();
  }, 60_000);
});
