import { describe, expect, it } from '@jest/globals';
import { FakeRuntime, metadata, quiet, setUp } from '../../test/residency.cases.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import { estimateMemory } from './memory.estimate.js';
import type { ModelWish } from './model-demand.service.js';

describe('ResidencyService, needs', () => {
  const wish = (runtime: Runtime, memory?: number, contextLength = 1024): ModelWish => ({
    runtime,
    name: 'a',
    contextLength,
    slots: 2,
    memory,
    purpose: 'generation',
  });

  it('computes the need from what the model is made of, and asks the runtime once', async () => {
    const { runtime, residency } = setUp();
    const expected = {
      key: 'ollama/a',
      pool: 'local',
      slots: 2,
      contextLength: 1024,
      needBytes: estimateMemory(metadata, { name: 'a', contextLength: 1024, slots: 2 }),
    };
    const known = { demand: expected, capabilities: metadata.capabilities };
    expect(await residency.known(wish(runtime), quiet())).toEqual(known);
    expect(residency.known(wish(runtime), quiet())).toEqual(known);
    expect(runtime.calls).toEqual(['describe a']);
  });

  it('takes the configured need instead, and the measured one when there is one', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known(wish(runtime, 900), quiet());
    expect(demand.needBytes).toBe(900);
    await residency.load(demand);
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 700 } });
  });

  it('keeps what was measured for another context or number of slots apart', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    expect(await residency.known(wish(runtime, 900, 2048), quiet())).toMatchObject({
      demand: { needBytes: 900, contextLength: 2048 },
    });
  });

  it('gives no more context than the model was made for', async () => {
    const { runtime, residency } = setUp();
    expect(await residency.known(wish(runtime, 900, 100_000), quiet())).toMatchObject({
      demand: { contextLength: 4096 },
    });
  });

  it('takes a larger context to need more than the catalog says for the configured one', async () => {
    const { runtime, residency } = setUp();
    const larger = await residency.larger(wish(runtime, 900), 2000, quiet());
    // 1024 tokens more for each of two slots, at a quarter of a byte.
    expect(larger?.demand).toMatchObject({ contextLength: 2048, needBytes: 900 + 512 });
  });

  it('adds to what is computed by how much that was too low for another context', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known(wish(runtime), quiet());
    expect(demand.needBytes).toBe(1522);
    runtime.loadBytes = 1600;
    await residency.load(demand);
    expect(await residency.known(wish(runtime, undefined, 2048), quiet())).toMatchObject({
      demand: { needBytes: 1000 + 10 + 1024 + 78 },
    });
  });

  it('forgets what was measured when there is another model under the name', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    residency.replaced('ollama/a');
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 900 } });
  });

  it('records a model that takes clearly more than it was given room for, tells the scheduler, and says so once', async () => {
    const grown: string[] = [];
    const meter = { loaded: () => 0, unloaded: () => 0, needed: () => 0, grew: (key: string) => grown.push(key) };
    const { runtime, residency, warnings } = setUp({ meter });
    const resized: unknown[] = [];
    residency.onMeasured((...told) => resized.push(told));
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    for (const bytes of [950, 1200, 1300]) {
      runtime.inMemory.set('a', bytes);
      await residency.reconcile(quiet());
    }
    expect(resized).toEqual([950, 1200, 1300].map((bytes) => ['ollama/a', bytes]));
    expect(grown).toEqual(['ollama/a']);
    expect(warnings).toEqual([expect.stringMatching(/more memory than it was given room for/)]);
    await residency.unload('ollama/a');
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 1300 } });
  });

  it('learns from reconciling that a model grew', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    runtime.inMemory.set('a', 750);
    await residency.reconcile(quiet());
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 750 } });
  });

  it('holds a model apart for another purpose where the runtime does', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known({ ...wish(runtime, 900), purpose: 'embedding' }, quiet());
    expect(demand.key).toBe('ollama/a#embedding');
    await residency.load(demand);
    expect(runtime.calls).toEqual(['describe a', 'load a#embedding 1024x2']);
  });
});

describe('ResidencyService, a larger context', () => {
  const wish = (runtime: Runtime): ModelWish => ({
    runtime,
    name: 'a',
    contextLength: 1024,
    slots: 1,
    memory: undefined,
    purpose: 'generation',
  });

  it('is rounded up to the next power of two, so that reloads are few', async () => {
    const { runtime, residency } = setUp({ budgetBytes: 2100 });
    expect((await residency.larger(wish(runtime), 1500, quiet()))?.demand.contextLength).toBe(2048);
  });

  it('is what just fits, when more does not fit into the memory even with all other models gone', async () => {
    // 1010 bytes and a quarter of a byte for each token.
    const { runtime, residency, demand } = setUp({ budgetBytes: 1010 + 775 });
    await residency.load(demand('b'));
    expect((await residency.larger(wish(runtime), 3100, quiet()))?.demand.contextLength).toBe(3100);
    expect(await residency.larger(wish(runtime), 3101, quiet())).toBeUndefined();
    expect(await residency.mostContext(wish(runtime), quiet())).toEqual({ tokens: 0, bound: 'memory' });
  });

  it('is the same while another model is on its way into memory', async () => {
    for (const budgetBytes of [2000, undefined]) {
      const { runtime, residency, demand } = setUp({ budgetBytes });
      const loading = residency.load(demand('b', 700));
      expect((await residency.larger(wish(runtime), 2000, quiet()))?.demand.contextLength).toBe(2048);
      expect(await residency.mostContext(wish(runtime), quiet())).toEqual({ tokens: 0, bound: 'memory' });
      await loading;
    }
  });

  it('is what fits beside other models that are pinned', async () => {
    const { runtime, residency, demand } = setUp({ budgetBytes: 700 + 1010 + 775 });
    await residency.load(demand('pinned'));
    expect((await residency.larger(wish(runtime), 3100, quiet()))?.demand.contextLength).toBe(4096);
    residency.pin('ollama/pinned', true);
    residency.pin('ollama/a', true);
    expect((await residency.larger(wish(runtime), 3100, quiet()))?.demand.contextLength).toBe(3100);
    expect(await residency.larger(wish(runtime), 3200, quiet())).toBeUndefined();
  });

  it('is never more than the model was made for', async () => {
    const { runtime, residency } = setUp({ budgetBytes: 5000 });
    expect((await residency.larger(wish(runtime), 4000, quiet()))?.demand.contextLength).toBe(4096);
    expect(await residency.larger(wish(runtime), 4097, quiet())).toBeUndefined();
    expect(await residency.mostContext(wish(runtime), quiet())).toEqual({ tokens: 4096, bound: 'model' });
  });
});

describe('ResidencyService, memory pressure', () => {
  it('is told by pool with the bytes that are missing, once nobody else has models there that could go', async () => {
    let taken = 0;
    const runtime = new FakeRuntime();
    const used = (): number => [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    const { residency, demand } = setUp({
      rooms: [{ runtime, localMemory: true }],
      memory: { availableBytes: () => 2000 - used() - taken },
    });
    await residency.load(demand('a'));
    runtime.inMemory.set('strange', 300);
    await residency.reconcile(quiet());
    expect(await residency.shortages()).toEqual([]);
    taken = 1200;
    expect(await residency.shortages()).toEqual([]);
    expect(runtime.calls.at(-1)).toBe('unload strange');
    taken = 1400;
    expect(await residency.shortages()).toEqual([{ pool: 'local', shortBytes: 100 }]);
  });
});
