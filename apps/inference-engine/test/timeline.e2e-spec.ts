import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS, type EngineTimeline } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { ask, chat, startEngine, statusWhen, type RunningEngine } from './engine.harness.js';

const GIB = 2 ** 30;
const MODELS = ['a', 'b'].map((name) => ({ name: `${name}:latest`, size: GIB }));
const CATALOG = `
models:
  - { id: a, tier: small, memory: 1GiB, parallel: 2, contextLength: 2048 }
  - { id: b, tier: main, memory: 1GiB, parallel: 1, contextLength: 2048 }
`;

describe('the timeline of the engine', () => {
  let ollama: FakeOllama;
  let engine: RunningEngine;

  const timeline = async (since = ''): Promise<EngineTimeline> => {
    const query = since === '' ? '' : `?since=${encodeURIComponent(since)}`;
    return (await ask(engine, ENGINE_PATHS.timeline + query)).json() as EngineTimeline;
  };
  /** What a model did, one word for each segment. */
  const doings = ({ models }: EngineTimeline, model: string): readonly string[] =>
    models.filter((lane) => lane.model === model).flatMap(({ segments }) => segments.map(({ state }) => state));

  beforeEach(async () => {
    ollama = new FakeOllama(MODELS);
    // Room for one of the two.
    engine = await startEngine(await ollama.start(), CATALOG, { MEMORY_BUDGET: 1.5 * GIB });
  });
  afterEach(async () => {
    await engine.stop();
    await ollama.close();
  });

  it('is empty before anything was loaded', async () => {
    const { time, startedAt, from, models } = await timeline();
    expect([models, from]).toEqual([[], startedAt]);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(Date.parse(startedAt));
  });

  it('shows one model leave for another', async () => {
    expect((await chat(engine, 'a')).status).toBe(200);
    expect((await chat(engine, 'b')).status).toBe(200);
    const told = await timeline();
    expect(doings(told, 'a')).toEqual(['loading', 'serving', 'idle', 'unloading']);
    expect(doings(told, 'b')).toEqual(['loading', 'serving', 'idle']);
    const [a, b] = told.models;
    expect([a, b]).toMatchObject([
      { runtime: 'ollama', pool: 'local', purpose: null },
      { runtime: 'ollama', pool: 'local', purpose: null },
    ]);
    const gone = Date.parse(a!.segments.at(-1)!.to!);
    expect(Date.parse(b!.segments[0]!.from)).toBeGreaterThanOrEqual(gone);
    expect(b!.segments.at(-1)).toMatchObject({ to: null, bytes: expect.any(Number) });
  });

  it('shows that a model works while it does, for all its requests together', async () => {
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const first = chat(engine, 'a');
    await ollama.received();
    expect((await chat(engine, 'a')).status).toBe(200);
    await statusWhen(engine, ({ residents }) => residents[0]?.slotsInUse === 1);
    expect(doings(await timeline(), 'a')).toEqual(['loading', 'serving']);
    await ollama.close();
    await first;
  });

  it('tells only news to those who say what they know', async () => {
    await chat(engine, 'a');
    const first = await timeline();
    await chat(engine, 'b');
    const news = await timeline(first.time);
    expect(doings(news, 'a')).toEqual(['idle', 'unloading']);
    const [idle] = news.models[0]!.segments;
    expect(first.models[0]!.segments.at(-1)!.id).toBe(idle!.id);
    expect(doings(await timeline(news.time), 'a')).toEqual([]);
  });

  it('refuses a time that is none', async () => {
    const answer = await ask(engine, `${ENGINE_PATHS.timeline}?since=yesterday`);
    expect([answer.status, answer.json()]).toMatchObject([400, { error: { param: 'since' } }]);
  });
});
