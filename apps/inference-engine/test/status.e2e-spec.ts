import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS, type ModelPlans, type RunningModels } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { toTakenMemory } from '../src/runtime/ollama/model-memory.translate.js';
import { ask, chat, startEngine, statusOf, statusWhen, type RunningEngine } from './engine.harness.js';

const GIB = 2 ** 30;
/** What a model of one GiB takes with its process, as long as Ollama tells no context. */
const { bytes: TAKEN } = toTakenMemory({ size: GIB });
const MODELS = ['a', 'b', 'c'].map((name) => ({ name: `${name}:latest`, size: GIB }));
const CATALOG = `
tiers:
  small: { queueLength: 7, maxWaitSeconds: 5 }
models:
  - { id: a, tier: small, memory: 1GiB, parallel: 1, contextLength: 2048 }
  - { id: b, tier: main, memory: 1GiB, parallel: 2, contextLength: 4096 }
`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the state of the engine', () => {
  let ollama: FakeOllama;
  let url: string;
  let engine: RunningEngine | undefined;

  /** An engine with room for one model. */
  const start = async (catalog = CATALOG, MEMORY_BUDGET = 1.5 * GIB): Promise<RunningEngine> =>
    (engine = await startEngine(url, catalog, { MEMORY_BUDGET }));
  const post = (path: string, model: string): ReturnType<typeof ask> => ask(engine!, path, { model });

  beforeEach(async () => {
    ollama = new FakeOllama(MODELS);
    url = await ollama.start();
  });
  afterEach(async () => {
    await engine?.stop();
    engine = undefined;
    await ollama.close();
  });

  it('is whole when nothing happens', async () => {
    expect(await statusOf(await start())).toEqual({
      time: expect.stringMatching(TIME),
      startedAt: expect.stringMatching(TIME),
      running: 0,
      runtimes: [{ id: 'ollama', kind: 'ollama', pool: 'local', status: 'up', detail: null }],
      pools: [
        {
          id: 'local',
          budgetBytes: 1.5 * GIB,
          reserveBytes: 0,
          residentBytes: 0,
          availableBytes: 1.5 * GIB,
          totalBytes: 1.5 * GIB,
          strangers: [],
        },
      ],
      residents: [],
      queue: {
        tiers: [
          { tier: 'small', waiting: 0, limit: 7, oldestWaitMs: 0, maxWaitMs: 5000 },
          { tier: 'main', waiting: 0, limit: expect.any(Number), oldestWaitMs: 0, maxWaitMs: 60_000 },
        ],
        models: [],
      },
      changes: [],
      decisions: [],
    });
  });

  it('shows a model in memory, its memory, and why it is there', async () => {
    await start();
    expect((await post(ENGINE_PATHS.loadModel, 'a')).json()).toMatchObject({ model: 'a', state: 'loaded' });
    const status = await statusOf(engine!);
    expect(status.residents).toEqual([
      {
        model: 'a',
        runtime: 'ollama',
        purpose: null,
        pool: 'local',
        phase: 'ready',
        since: expect.stringMatching(TIME),
        bytes: TAKEN,
        contextLength: 2048,
        slots: 1,
        slotsInUse: 0,
        waiting: 0,
        pinned: false,
        idleSince: expect.stringMatching(TIME),
        ttlSeconds: null,
        loadMs: expect.any(Number),
      },
    ]);
    expect(status.pools[0]).toMatchObject({
      residentBytes: TAKEN,
      availableBytes: 1.5 * GIB - TAKEN,
      totalBytes: 1.5 * GIB,
    });
    expect(status.decisions).toEqual([
      {
        time: expect.stringMatching(TIME),
        what: 'load',
        model: 'a',
        runtime: 'ollama',
        count: 1,
        reason: expect.stringContaining('1 request'),
        cause: { code: 'requests', models: ['a'], count: 1 },
      },
    ]);
  });

  it('shows who works and who waits', async () => {
    await start();
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const first = chat(engine!, 'a', { 'x-caller': 'ann' });
    await ollama.received();
    const others = [chat(engine!, 'a', { 'x-caller': 'bob' }), chat(engine!, 'b', { 'x-caller': 'cy' })];
    const status = await statusWhen(engine!, ({ queue }) => queue.models.length === 2);
    expect(status.running).toBe(3);
    expect(status.residents).toMatchObject([{ model: 'a', slotsInUse: 1, waiting: 1, idleSince: null }]);
    expect(status.queue.models).toEqual([
      { model: 'a', runtime: 'ollama', tier: 'small', waiting: 1, callers: 1, oldestWaitMs: expect.any(Number) },
      { model: 'b', runtime: 'ollama', tier: 'main', waiting: 1, callers: 1, oldestWaitMs: expect.any(Number) },
    ]);
    expect(status.queue.tiers).toMatchObject([{ waiting: 1 }, { waiting: 1 }]);
    await ollama.close();
    await Promise.all([first, ...others]);
  });

  it('shows a load that is under way, with the time it should take', async () => {
    await start();
    ollama.hangOn('/api/embed');
    const load = post(ENGINE_PATHS.loadModel, 'a');
    const status = await statusWhen(engine!, ({ changes }) => changes.length === 1);
    expect(status.residents).toMatchObject([{ model: 'a', phase: 'loading', idleSince: null, loadMs: null }]);
    expect(status.changes).toEqual([
      {
        what: 'load',
        model: 'a',
        runtime: 'ollama',
        pool: 'local',
        startedAt: status.residents[0]!.since,
        elapsedMs: expect.any(Number),
        expectedMs: expect.any(Number),
      },
    ]);
    await ollama.close();
    expect((await load).status).toBe(503);
  });

  it('says that a runtime is down, and what to do', async () => {
    await start();
    await ollama.close();
    const { runtimes } = await statusOf(engine!);
    expect(runtimes).toEqual([
      { id: 'ollama', kind: 'ollama', pool: 'local', status: 'down', detail: expect.stringContaining(url) },
    ]);
  });

  it('names models that somebody loaded without the engine', async () => {
    const body = JSON.stringify({ model: 'c', prompt: '' });
    await fetch(`${url}/api/generate`, { method: 'POST', body });
    await start();
    const { pools } = await statusWhen(engine!, (status) => status.pools[0]!.strangers.length === 1);
    expect(pools[0]).toMatchObject({ strangers: [{ model: 'c', runtime: 'ollama', bytes: TAKEN }], residentBytes: 0 });
  });

  describe('and a model that is pinned', () => {
    it('stays when another one wants its memory, which is told why', async () => {
      await start();
      expect((await post(ENGINE_PATHS.pinModel, 'a')).json()).toEqual({ model: 'a', pinned: true, resident: false });
      await post(ENGINE_PATHS.loadModel, 'a');
      expect((await post(ENGINE_PATHS.pinModel, 'a')).json()).toEqual({ model: 'a', pinned: true, resident: true });
      const refused = await chat(engine!, 'b');
      expect(refused.status).toBe(503);
      expect(refused.text).toContain('pinned');
      expect((await post(ENGINE_PATHS.unloadModel, 'a')).json()).toMatchObject({ model: 'a', state: 'pinned' });
      const status = await statusOf(engine!);
      expect(status.residents).toMatchObject([{ model: 'a', phase: 'ready', pinned: true }]);
      expect(status.decisions[0]).toMatchObject({ what: 'refuse', model: 'b' });
      expect(status.decisions[0]!.reason).toContain('pinned');
      expect(status.decisions[0]!.cause).toEqual({ code: 'pinned', models: ['a'] });
    });

    it('leaves like any other once it is unpinned', async () => {
      await start();
      await post(ENGINE_PATHS.pinModel, 'a');
      await post(ENGINE_PATHS.loadModel, 'a');
      expect((await post(ENGINE_PATHS.unpinModel, 'a')).json()).toEqual({ model: 'a', pinned: false, resident: true });
      expect((await chat(engine!, 'b')).status).toBe(200);
      const status = await statusOf(engine!);
      expect(status.residents).toMatchObject([{ model: 'b' }]);
      expect(status.decisions.map(({ what, model }) => [what, model])).toEqual([
        ['load', 'b'],
        ['unload', 'a'],
        ['load', 'a'],
      ]);
    });

    it('is not replaced under its name before it is unpinned', async () => {
      await start();
      await post(ENGINE_PATHS.pinModel, 'a');
      await post(ENGINE_PATHS.loadModel, 'a');
      const answer = await ask(engine!, ENGINE_PATHS.remove, { model: 'a' });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('/admin/models/a/unpin')]);
    });

    it('is pinned from the start when the catalog says so, under any of its names', async () => {
      await start(`models: [{ id: big, aliases: [a], memory: 1GiB, pinned: true }]`);
      await post(ENGINE_PATHS.loadModel, 'big');
      expect((await statusOf(engine!)).residents).toMatchObject([{ model: 'a', pinned: true }]);
    });
  });

  it('knows when an idle model leaves, and tells it to clients of Ollama', async () => {
    await start(`models: [{ id: a, memory: 1GiB, ttlSeconds: 1 }]`);
    await post(ENGINE_PATHS.loadModel, 'a');
    const { models } = (await ask(engine!, ENGINE_PATHS.running)).json() as RunningModels;
    const status = await statusOf(engine!);
    expect(status.residents).toMatchObject([{ model: 'a', ttlSeconds: 1 }]);
    const leavesAt = Date.parse(status.residents[0]!.idleSince!) + 1000;
    expect(Math.abs(Date.parse(models[0]!.expires_at) - leavesAt)).toBeLessThan(50);
    const later = await statusWhen(engine!, ({ residents }) => residents.length === 0);
    expect(later.decisions[0]).toMatchObject({
      what: 'unload',
      model: 'a',
      reason: expect.stringContaining('not used'),
      cause: { code: 'idle', idleMs: expect.any(Number) },
    });
  });

  it('tells what each model would take, and who would leave for it', async () => {
    await start(
      `${CATALOG}  - { id: big, memory: 2GiB, tier: main, pinned: true }\n  - { id: gone, description: away, preload: true }\n`,
    );
    ollama.install([...MODELS, { name: 'big', size: 2 * GIB }]);
    await post(ENGINE_PATHS.loadModel, 'a');
    const { models } = (await ask(engine!, ENGINE_PATHS.modelPlans)).json() as ModelPlans;
    const told = models.map(({ id, state, fit, leaves, runtimes }) => [id, state, fit, leaves, runtimes]);
    expect(told).toEqual([
      ['a', 'ready', 'fits', [], ['ollama']],
      ['b', 'absent', 'makes_room', ['a'], ['ollama']],
      ['big', 'absent', 'too_large', [], ['ollama']],
      ['gone', 'absent', null, [], []],
      ['c', 'absent', 'makes_room', ['a'], ['ollama']],
    ]);
    expect(models[1]).toEqual({
      id: 'b',
      aliases: [],
      adapters: [],
      description: '',
      tier: 'main',
      runtimes: ['ollama'],
      runtime: 'ollama',
      installedAs: 'b',
      capabilities: ['completion'],
      pool: 'local',
      contextLength: 4096,
      slots: 2,
      needBytes: GIB,
      loadMs: null,
      state: 'absent',
      preload: false,
      pinned: false,
      ttlSeconds: null,
      fit: 'makes_room',
      leaves: ['a'],
    });
    expect(models[2]).toMatchObject({ pinned: true });
    expect(models[3]).toMatchObject({ description: 'away', needBytes: null, runtime: null, preload: true });
  });

  describe('after a start with models to preload', () => {
    const preloading = (...entries: string[]): string =>
      `models:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`;

    it('has them in memory, pinned ones first', async () => {
      await start(
        preloading('id: a, memory: 1GiB, preload: true', 'id: b, memory: 1GiB, preload: true, pinned: true', 'id: c'),
        2.5 * GIB,
      );
      const { residents, decisions } = await statusWhen(engine!, (status) => status.residents.length === 2);
      expect(residents).toMatchObject([
        { model: 'b', pinned: true },
        { model: 'a', pinned: false },
      ]);
      expect(decisions.map(({ model }) => model)).toEqual(['a', 'b']);
    });

    it('has let nobody go for one that does not fit beside the others', async () => {
      await start(
        preloading(
          'id: a, memory: 1GiB, preload: true',
          'id: b, memory: 1GiB, preload: true',
          'id: gone, preload: true',
        ),
      );
      await statusWhen(engine!, ({ residents }) => residents[0]?.phase === 'ready');
      // The second one is looked at when the first is there, and its load would begin at once.
      await ollama.receivedOn('/api/show', 2);
      await wait(100);
      const { decisions, residents } = await statusOf(engine!);
      expect(residents).toMatchObject([{ model: 'a' }]);
      expect(decisions.map(({ what, model }) => [what, model])).toEqual([['load', 'a']]);
    });

    it('answers at once, whether they come or not', async () => {
      ollama.hangOn('/api/embed');
      await start(preloading('id: a, memory: 1GiB, preload: true'));
      const status = await statusWhen(engine!, ({ changes }) => changes.length === 1);
      expect(status.residents).toMatchObject([{ model: 'a', phase: 'loading' }]);
    });
  });
});
