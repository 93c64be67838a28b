import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeOllama } from '@local-llm-agent/testing';
import { OllamaRuntime } from './ollama.runtime.js';

const NEVER = new AbortController().signal;
const PLAN = { name: 'smollm2', contextLength: 2048, slots: 2 };
const REASON = new Error('the caller left');

describe('OllamaRuntime and its models', () => {
  let fake: FakeOllama;
  let url: string;
  let runtime: OllamaRuntime;
  const logged: object[] = [];

  beforeEach(async () => {
    fake = new FakeOllama([
      { name: 'smollm2:latest', size: 98, digest: 'd1' },
      { name: 'gpt-oss:20b', size: 13_000, digest: 'd2' },
    ]);
    url = await fake.start();
    logged.length = 0;
    runtime = new OllamaRuntime({ baseUrl: url, threads: 1, log: { info: (fields) => logged.push(fields) } });
  });

  afterEach(async () => {
    await runtime.close();
    await fake.close();
  });

  it('lists what is installed under the names that clients use', async () => {
    expect(await runtime.list(NEVER)).toEqual([
      { name: 'smollm2', created: 1767323045, sizeBytes: 98 },
      { name: 'gpt-oss:20b', created: 1767323045, sizeBytes: 13_000 },
    ]);
  });

  it('describes a model, with the size that the list has', async () => {
    expect(await runtime.describe('smollm2', NEVER)).toMatchObject({ weightsBytes: 98, contextLength: 8192 });
    expect(fake.bodies('/api/show')).toEqual([{ model: 'smollm2' }]);
  });

  it('refuses to describe or load a model that is not there', async () => {
    const missing = { code: 'model_not_found', status: 404, param: 'model' };
    await expect(runtime.describe('nope', NEVER)).rejects.toMatchObject(missing);
    await expect(runtime.load({ ...PLAN, name: 'nope' }, NEVER)).rejects.toMatchObject(missing);
  });

  it('loads with the context length and threads of the plan, and says what it takes', async () => {
    expect(await runtime.load(PLAN, NEVER)).toEqual({ bytes: 98 });
    expect(fake.bodies('/api/embed')).toEqual([
      { model: 'smollm2', input: [], keep_alive: -1, options: { num_ctx: 2048, num_thread: 1 } },
    ]);
    expect(await runtime.residents(NEVER)).toEqual([{ name: 'smollm2', bytes: 98 }]);
    expect(logged).toMatchObject([{ model: 'smollm2', contextLength: 2048, bytes: 98 }]);
  });

  it('loads a model of embeddings like any other', async () => {
    fake.install([{ name: 'minilm', chats: false, size: 7 }]);
    expect(await runtime.load({ ...PLAN, name: 'minilm' }, NEVER)).toEqual({ bytes: 7 });
  });

  it('unloads, and does not mind when there is nothing to unload', async () => {
    await runtime.load(PLAN, NEVER);
    await runtime.unload('smollm2');
    expect(await runtime.residents(NEVER)).toEqual([]);
    await runtime.unload('smollm2');
    await runtime.unload('nope');
  });

  it('waits until a model is gone that Ollama holds under another name of it', async () => {
    fake.install([
      { name: 'smollm2', digest: 'd1', size: 98 },
      { name: 'demo', digest: 'd1', size: 98 },
    ]);
    await runtime.load(PLAN, NEVER);
    const unloading = runtime.unload('demo');
    // The fake keeps the two apart, so the memory is only free once the other name is unloaded as well.
    const first = await Promise.race([
      unloading.then(() => 'unloaded'),
      fake.receivedOn('/api/ps', 4).then(() => 'asked again'),
    ]);
    expect(first).toBe('asked again');
    await runtime.unload('smollm2');
    await unloading;
  });

  it('is healthy while Ollama answers, and else says what to do', async () => {
    expect(await runtime.health(NEVER)).toEqual({ up: true });
    await fake.close();
    const detail = `Ollama does not answer at ${url}; start it with \`ollama serve\` or set OLLAMA_HOST.`;
    expect(await runtime.health(NEVER)).toEqual({ up: false, detail });
    await fake.start(Number(new URL(url).port));
    expect(await runtime.health(NEVER)).toEqual({ up: true });
  });

  it('does not wait long for an Ollama that hangs', async () => {
    fake.hangOn('/api/version');
    expect(await runtime.health(NEVER)).toMatchObject({ up: false });
    await fake.aborted();
  });

  it('is not fooled by another server at the address', async () => {
    const other = new OllamaRuntime({ baseUrl: `${url}/other`, log: { info: () => undefined } });
    expect(await other.health(NEVER)).toMatchObject({ up: false });
    await expect(other.list(NEVER)).rejects.toMatchObject({ code: 'backend_unavailable', origin: 'runtime' });
    await other.close();
  });

  it('gives the reason of the signal when it is aborted before or during a call', async () => {
    await expect(runtime.list(AbortSignal.abort(REASON))).rejects.toBe(REASON);
    await expect(runtime.health(AbortSignal.abort(REASON))).rejects.toBe(REASON);
    const stop = new AbortController();
    fake.hangOn('/api/embed');
    const loading = runtime.load(PLAN, stop.signal);
    await fake.receivedOn('/api/embed');
    stop.abort(REASON);
    await expect(loading).rejects.toBe(REASON);
    await fake.aborted();
  });

  it('says that Ollama is down when it is', async () => {
    await fake.close();
    const down = { code: 'backend_unavailable', status: 503, origin: 'runtime', message: expect.stringContaining(url) };
    await expect(runtime.list(NEVER)).rejects.toMatchObject(down);
    await expect(runtime.load(PLAN, NEVER)).rejects.toMatchObject(down);
    await expect(runtime.unload('smollm2')).rejects.toMatchObject(down);
  });
});
