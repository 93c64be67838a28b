import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS, type EngineStatus, type ModelPlans } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { FakeOllama, type FakeModel } from '@local-llm-agent/testing';
import { toTakenMemory } from '../src/runtime/ollama/model-memory.translate.js';
import { ask, chat, startEngine, statusOf, statusWhen, type RunningEngine } from './engine.harness.js';

const MIB = 2 ** 20;
const SIZE = 300 * MIB;
/** What a model takes with its process, on cards and beside them. */
const { bytes: TAKEN } = toTakenMemory({ size: SIZE });
const CATALOG = `models: [${['a', 'b', 'c'].map((id) => `{ id: ${id}, memory: 350MiB }`).join(', ')}]`;

/** A model of which so much is on cards while it is in memory. */
function onCards(name: string, gpuBytes: unknown): FakeModel {
  return { name: `${name}:latest`, size: SIZE, ps: { size_vram: gpuBytes } };
}

describe('models on graphics cards', () => {
  const hosts: FakeOllama[] = [];
  let engine: RunningEngine | undefined;
  let ollama: FakeOllama;
  let url: string;

  const host = async (...models: readonly FakeModel[]): Promise<[FakeOllama, string]> => {
    const added = new FakeOllama(models);
    hosts.push(added);
    return [added, await added.start()];
  };
  const start = async (given: Partial<Settings> = {}): Promise<RunningEngine> =>
    (engine = await startEngine(url, CATALOG, given));
  /** An engine that is told how much memory its only host has. */
  const startSized = (memoryBytes: number): Promise<RunningEngine> => start({ OLLAMA_HOST: [{ url, memoryBytes }] });
  const load = (model: string): ReturnType<typeof ask> => ask(engine!, ENGINE_PATHS.loadModel, { model });
  const bytesOf = ({ residents }: EngineStatus): readonly unknown[] =>
    residents.map(({ model, bytes }) => [model, bytes]);
  /** Loads and unloads, as the host was told of them. */
  const changesOf = ({ requests }: FakeOllama): readonly string[] =>
    requests.flatMap(({ path, body }) => {
      if (path === '/api/embed') return [`load ${String(body.model)}`];
      return path === '/api/generate' && body.keep_alive === 0 ? [`unload ${String(body.model)}`] : [];
    });
  /** As somebody does who does not ask the engine. */
  const loadAside = async (model: string): Promise<void> => {
    await fetch(`${url}/api/generate`, { method: 'POST', body: JSON.stringify({ model, prompt: '' }) });
  };

  beforeEach(async () => {
    [ollama, url] = await host(onCards('a', SIZE), onCards('b', SIZE), onCards('c', 200 * MIB));
  });
  afterEach(async () => {
    await engine?.stop();
    engine = undefined;
    await Promise.all(hosts.splice(0).map((each) => each.close()));
  });

  describe('of a host whose size is told', () => {
    it('take of that size all that they take, on cards or not', async () => {
      await startSized(1000 * MIB);
      await load('a');
      await load('c');
      const status = await statusOf(engine!);
      expect(bytesOf(status)).toEqual([
        ['a', TAKEN],
        ['c', TAKEN],
      ]);
      expect(status.pools).toMatchObject([
        { id: 'ollama', budgetBytes: 1000 * MIB, residentBytes: 2 * TAKEN, availableBytes: 1000 * MIB - 2 * TAKEN },
      ]);
    });

    it('leave before another one is loaded that does not fit beside them', async () => {
      await startSized(500 * MIB);
      for (const model of ['a', 'b', 'a']) expect((await chat(engine!, model)).status).toBe(200);
      expect(changesOf(ollama)).toEqual(['load a', 'unload a', 'load b', 'unload b', 'load a']);
    });

    it('are refused with both figures when they are larger than that', async () => {
      await startSized(200 * MIB);
      const answer = await chat(engine!, 'a');
      expect([answer.status, answer.json()]).toMatchObject([
        503,
        { error: { message: expect.stringContaining('(0.2 GiB)') } },
      ]);
      expect(changesOf(ollama)).toEqual([]);
    });

    it('have to leave when somebody else has loaded them, also for the first request after the start', async () => {
      await loadAside('c');
      await startSized(500 * MIB);
      expect((await statusOf(engine!)).pools).toMatchObject([{ strangers: [{ model: 'c', bytes: TAKEN }] }]);
      expect((await chat(engine!, 'a')).status).toBe(200);
      expect(changesOf(ollama)).toEqual(['unload c', 'load a']);
    });

    it('are loaded on the host that has room for them, where there are several', async () => {
      const [second, secondUrl] = await host(onCards('a', SIZE), onCards('b', SIZE));
      const memoryBytes = 500 * MIB;
      await start({
        OLLAMA_HOST: [
          { url, memoryBytes },
          { url: secondUrl, memoryBytes },
        ],
      });
      for (const model of ['a', 'b', 'a', 'b']) expect((await chat(engine!, model)).status).toBe(200);
      expect([changesOf(ollama), changesOf(second)]).toEqual([['load a'], ['load b']]);
      expect((await statusOf(engine!)).pools.map(({ residentBytes }) => residentBytes)).toEqual([TAKEN, TAKEN]);
    });
  });

  describe('of this machine, whose memory is measured', () => {
    it('take of it only what is not on cards', async () => {
      await start();
      await load('a');
      await load('c');
      expect(bytesOf(await statusOf(engine!))).toEqual([
        ['a', TAKEN - SIZE],
        ['c', TAKEN - 200 * MIB],
      ]);
    });

    it('take all of it from when their card is gone', async () => {
      await start();
      await load('a');
      const port = Number(new URL(url).port);
      await ollama.close();
      await statusWhen(engine!, ({ residents, runtimes }) => residents.length === 0 && runtimes[0]?.status === 'down');
      ollama.install([onCards('a', 0)]);
      await ollama.start(port);
      await statusWhen(engine!, ({ runtimes }) => runtimes[0]?.status === 'up');
      await load('a');
      expect(bytesOf(await statusOf(engine!))).toEqual([['a', TAKEN]]);
      const { models } = (await ask(engine!, ENGINE_PATHS.modelPlans)).json() as ModelPlans;
      expect(models[0]).toMatchObject({ id: 'a', needBytes: TAKEN });
    });

    it('are counted anew when their runtime takes them off the card while they are in memory', async () => {
      await start();
      await load('a');
      ollama.install([onCards('a', 100 * MIB)]);
      const status = await statusWhen(engine!, ({ residents }) => residents[0]?.bytes !== TAKEN - SIZE);
      expect(bytesOf(status)).toEqual([['a', TAKEN - 100 * MIB]]);
    });
  });

  it.each([['a text'], [-1], [null], [{}], [1e300]])(
    'with %j as the part on cards are counted at least with their process',
    async (gpuBytes) => {
      ollama.install([onCards('a', gpuBytes)]);
      await start();
      expect((await chat(engine!, 'a')).status).toBe(200);
      const [{ bytes }] = (await statusOf(engine!)).residents as [EngineStatus['residents'][number]];
      expect([TAKEN - SIZE, TAKEN]).toContain(bytes);
    },
  );

  it('are kept when their runtime says nonsense of what it holds', async () => {
    await startSized(500 * MIB);
    await load('a');
    const asked = ollama.count('/api/ps');
    ollama.sayOn('/api/ps', '<html>502 Bad Gateway</html>');
    await ollama.receivedOn('/api/ps', asked + 1);
    expect((await chat(engine!, 'a')).status).toBe(200);
    ollama.sayOn('/api/ps', undefined);
    expect(bytesOf(await statusOf(engine!))).toEqual([['a', TAKEN]]);
    expect(changesOf(ollama)).toEqual(['load a']);
  });

  it('are served although their runtime did not say in time what it held when the engine began', async () => {
    ollama.hangOn('/api/ps');
    await start();
    expect((await statusOf(engine!)).runtimes).toMatchObject([{ status: 'up' }]);
  });
});
