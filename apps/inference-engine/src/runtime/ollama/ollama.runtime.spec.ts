import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FAKE_CHARACTERS_PER_TOKEN, FakeOllama } from '@local-llm-agent/testing';
import { callOf } from '../../../test/call.cases.js';
import type { AnswerEvent, ChatInput, GenerationCall } from '../runtime.contract.js';
import { OllamaRuntime } from './ollama.runtime.js';

const NEVER = new AbortController().signal;
/** What the process of a model takes beside what Ollama says. */
const PROCESS = 44 * 2 ** 20;
const PLAN = { name: 'smollm2', contextLength: 2048, slots: 2 };
const REASON = new Error('the caller left');

const chatCall = (change: Partial<GenerationCall>): GenerationCall => callOf({ plan: PLAN, ...change });

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
    expect(await runtime.describe('smollm2', NEVER)).toMatchObject({
      weightsBytes: 98,
      contextLength: 8192,
    });
    expect(fake.bodies('/api/show')).toEqual([{ model: 'smollm2' }]);
  });

  it('refuses to describe or load a model that is not there', async () => {
    const missing = { code: 'model_not_found', status: 404, param: 'model' };
    await expect(runtime.describe('nope', NEVER)).rejects.toMatchObject(missing);
    await expect(runtime.load({ ...PLAN, name: 'nope' }, NEVER)).rejects.toMatchObject(missing);
  });

  it('loads with the context length and threads of the plan, and says what it takes', async () => {
    expect(await runtime.load(PLAN, NEVER)).toEqual({ bytes: 98 + PROCESS });
    expect(fake.bodies('/api/embed')).toEqual([
      { model: 'smollm2', input: [], keep_alive: -1, options: { num_ctx: 2048, num_thread: 1 } },
    ]);
    expect(await runtime.residents(NEVER)).toEqual([{ name: 'smollm2', bytes: 98 + PROCESS }]);
    expect(logged).toMatchObject([{ model: 'smollm2', contextLength: 2048, bytes: 98 }]);
  });

  it('loads a model of embeddings like any other', async () => {
    fake.install([{ name: 'minilm', chats: false, size: 7 }]);
    expect(await runtime.load({ ...PLAN, name: 'minilm' }, NEVER)).toEqual({ bytes: 7 + PROCESS });
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

  it('knows under which of its names a model is listed', async () => {
    fake.install([
      { name: 'smollm2', digest: 'd1', size: 98 },
      { name: 'demo', digest: 'd1', size: 98 },
      { name: 'other', digest: 'd2', size: 98 },
    ]);
    await runtime.load(PLAN, NEVER);
    expect(await runtime.listedAs('demo', NEVER)).toBe('smollm2');
    expect(await runtime.listedAs('smollm2', NEVER)).toBe('smollm2');
    expect(await runtime.listedAs('other', NEVER)).toBeUndefined();
  });

  describe('and vectors', () => {
    it('gives one for each text in their order, from the model as it is held', async () => {
      expect(await runtime.embed({ plan: PLAN, inputs: ['ab', 'a'] }, NEVER)).toEqual({
        vectors: [
          [1, 0],
          [0, 1],
        ],
        promptTokens: 2,
      });
      expect(fake.bodies('/api/embed')).toEqual([
        {
          model: 'smollm2',
          input: ['ab', 'a'],
          truncate: false,
          keep_alive: -1,
          options: { num_ctx: 2048, num_thread: 1 },
        },
      ]);
    });

    it('names the input that is too long, and about how long it is', async () => {
      const long = 'x'.repeat(3000 * FAKE_CHARACTERS_PER_TOKEN);
      await expect(runtime.embed({ plan: PLAN, inputs: ['a', long] }, NEVER)).rejects.toMatchObject({
        status: 413,
        code: 'context_length_exceeded',
        param: 'input[1]',
        message: expect.stringMatching(/^input\[1\] has about 3000 tokens, but the context of this model is 2048/),
      });
      await expect(runtime.embed({ plan: PLAN, inputs: [long] }, NEVER)).rejects.toMatchObject({ param: 'input' });
    });

    it('refuses tokens', async () => {
      await expect(runtime.embed({ plan: PLAN, inputs: [[1, 2]] }, NEVER)).rejects.toMatchObject({
        status: 400,
        param: 'input',
      });
      expect(fake.count('/api/embed')).toBe(0);
    });
  });

  describe('and the length of prompts', () => {
    const chat = (...contents: readonly string[]): ChatInput => ({
      type: 'chat',
      messages: contents.map((content) => ({ role: 'user', content })),
      tools: [],
      effort: undefined,
      templateOptions: {},
    });

    it('is counted by padding, and a small chat is read but once', async () => {
      for (const tokens of [10, 700, 1900]) {
        const input = chat('x'.repeat(tokens * FAKE_CHARACTERS_PER_TOKEN));
        const counted = await runtime.countTokens({ plan: PLAN, input }, NEVER);
        expect(counted.exact).toBe(false);
        expect(Math.abs(counted.tokens - tokens)).toBeLessThanOrEqual(2);
      }
      expect(fake.bodies('/api/chat').filter((body) => body._debug_render_only !== true)).toHaveLength(1);
    });

    it('is estimated where the prompt does not fit', async () => {
      const input = chat('x'.repeat(5000 * FAKE_CHARACTERS_PER_TOKEN));
      const { tokens } = await runtime.countTokens({ plan: PLAN, input }, NEVER);
      expect(Math.abs(tokens - 5000)).toBeLessThan(100);
    });
  });

  it('renders the prompt of a constrained answer first where the model thinks', async () => {
    fake.install([{ name: 'smollm2', show: { capabilities: ['completion', 'thinking'] } }]);
    const call = chatCall({ format: { type: 'json' } });
    const events: AnswerEvent[] = [];
    for await (const batch of runtime.generate(call, NEVER)) events.push(...batch);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect(fake.bodies('/api/chat')).toMatchObject([{ _debug_render_only: true, think: false, truncate: false }]);
    expect(fake.bodies('/api/generate')).toMatchObject([
      { prompt: 'Hi', raw: true, think: false, format: { type: 'object' } },
    ]);
  });

  it('says that a text is too long to go on with', async () => {
    const prompt = 'x'.repeat(3000 * FAKE_CHARACTERS_PER_TOKEN);
    const call = chatCall({ input: { type: 'text', prompt, suffix: undefined } });
    fake.next({ kind: 'tooLong' });
    const iterator = runtime.generate(call, NEVER)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ status: 413, param: 'prompt' });
  });

  it('is healthy while Ollama answers, and else says what to do', async () => {
    expect(await runtime.health(NEVER)).toEqual({ up: true });
    await fake.close();
    const detail = `Ollama does not answer at ${url}; start it with \`ollama serve\` or set OLLAMA_HOST.`;
    expect(await runtime.health(NEVER)).toEqual({ up: false, detail, gone: true });
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
