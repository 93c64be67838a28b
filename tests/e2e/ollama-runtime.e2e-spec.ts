import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@local-llm-agent/testing';
import type {
  AnswerEvent,
  GenerationCall,
  LoadPlan,
} from '../../apps/inference-engine/src/runtime/runtime.contract.js';
import { OllamaRuntime } from '../../apps/inference-engine/src/runtime/ollama/ollama.runtime.js';
import { chatCall, type CallOptions } from './support/generation-call.js';
import { Program } from './support/program.js';

const NEVER = new AbortController().signal;
const TINY: LoadPlan = { name: 'smollm2', contextLength: 512, slots: 2 };
const LARGER: LoadPlan = { ...TINY, contextLength: 2048 };
/** Loading and reading a prompt are slow where a test machine is busy. */
const TIMEOUT_MS = 120_000;
/** An Ollama that runs and has `smollm2`; else one is started from the program and the model of the suite. */
const { TEST_OLLAMA_URL: givenUrl, TEST_OLLAMA_BIN: binary, TEST_MODEL_GGUF: modelFile } = process.env;

interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startServer(): Promise<Server> {
  if (givenUrl) return { url: givenUrl, stop: () => Promise.resolve() };
  if (!binary || !modelFile)
    throw new Error('TEST_OLLAMA_BIN needs TEST_MODEL_GGUF: run the suite by npm run test:ollama.');
  const folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-ollama-'));
  const host = `127.0.0.1:${await freePort()}`;
  const environment = {
    OLLAMA_HOST: host,
    OLLAMA_MODELS: folder,
    OLLAMA_NUM_PARALLEL: String(TINY.slots),
    HOME: folder,
  };
  const program = new Program('ollama', [binary, 'serve'], environment);
  await program.ready(`http://${host}/api/version`);
  const modelfile = path.join(folder, 'Modelfile');
  writeFileSync(modelfile, `FROM ${modelFile}\n`);
  execFileSync(binary, ['create', TINY.name, '-f', modelfile], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://${host}`, stop };
}

function chat(plan: LoadPlan, content: string, more: CallOptions = {}): GenerationCall {
  return chatCall(plan, [{ role: 'user', content }], { maxTokens: 12, seed: 1, ...more });
}

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  while ((await iterator.next()).done !== true);
}

if (!givenUrl && !binary) {
  it.skip('is left out: the adapter meets a real Ollama in npm run test:ollama, or when TEST_OLLAMA_URL is set', () =>
    undefined);
} else {
  describe('OllamaRuntime with a real Ollama', () => {
    let server: Server;
    let runtime: OllamaRuntime;

    async function hear(
      call: GenerationCall,
      signal = NEVER,
    ): Promise<{ text: string; events: AnswerEvent[]; finish: AnswerEvent & { type: 'finish' } }> {
      const events: AnswerEvent[] = [];
      for await (const batch of runtime.generate(call, signal)) events.push(...batch);
      const finish = events.at(-1);
      if (finish?.type !== 'finish') throw new Error('The answer has no end.');
      const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
      return { text, events, finish };
    }

    beforeAll(async () => {
      server = await startServer();
      runtime = new OllamaRuntime({ baseUrl: server.url, threads: 1, log: { info: () => undefined } });
      await runtime.load(TINY, NEVER);
    }, TIMEOUT_MS);

    afterAll(async () => {
      await runtime.unload('smollm2');
      await runtime.close();
      await server.stop();
    }, TIMEOUT_MS);

    it('knows the model by the name that clients use, and what it is made of', async () => {
      const installed = (await runtime.list(NEVER)).find((model) => model.name === 'smollm2');
      expect(installed?.sizeBytes).toBeGreaterThan(90_000_000);
      expect(installed?.created).toBeGreaterThan(1_700_000_000);
      const metadata = await runtime.describe('smollm2', NEVER);
      expect(metadata).toMatchObject({ contextLength: 8192, embeddingLength: 576, heads: 9 });
      expect(metadata.layers).toEqual(
        Array.from({ length: 30 }, () => ({ numbersPerToken: 3 * (64 + 64), window: undefined, stateNumbers: 0 })),
      );
    });

    it('says what is in memory, and what it takes', async () => {
      const resident = (await runtime.residents(NEVER)).find((model) => model.name === 'smollm2');
      expect(resident?.bytes).toBeGreaterThan(90_000_000);
      expect(await runtime.load(TINY, NEVER)).toEqual({ bytes: resident?.bytes });
    });

    it(
      'gives the same text streamed and plain',
      async () => {
        const streamed = await hear(chat(TINY, 'Name three colours.'));
        const plain = await hear(chat(TINY, 'Name three colours.', { stream: false }));
        expect(streamed.text).not.toBe('');
        expect(plain.text).toBe(streamed.text);
        expect(plain.finish).toEqual(streamed.finish);
        expect(streamed.events.length).toBeGreaterThan(plain.events.length);
      },
      TIMEOUT_MS,
    );

    it(
      'stops at max_tokens, and at a stop text, which is not part of the answer',
      async () => {
        const whole = await hear(chat(TINY, 'Tell me a story.'));
        expect(whole.finish).toMatchObject({ reason: 'length', usage: { completionTokens: 12 } });
        const stop = whole.text.trim().split(' ')[2] ?? '';
        const cut = await hear(chat(TINY, 'Tell me a story.', { stop: [stop] }));
        expect(cut.finish.reason).toBe('stop');
        expect(whole.text.startsWith(cut.text)).toBe(true);
        expect(cut.text).not.toContain(stop);
      },
      TIMEOUT_MS,
    );

    it(
      'counts the whole prompt, also when Ollama has it in its cache',
      async () => {
        const content = 'Repeat after me: the quick brown fox jumps over the lazy dog.';
        const first = await hear(chat(TINY, content));
        const second = await hear(chat(TINY, content));
        const longer = await hear(chat(TINY, `${content} dog`));
        expect(first.finish.usage.promptTokens).toBeGreaterThan(14);
        expect(second.finish.usage).toEqual(first.finish.usage);
        expect(longer.finish.usage.promptTokens).toBe(first.finish.usage.promptTokens + 1);
      },
      TIMEOUT_MS,
    );

    it(
      'refuses a prompt that is too long, with about the length it has',
      async () => {
        const content = 'The quick brown fox jumps over the lazy dog. '.repeat(70);
        const refusal = await hear(chat(TINY, content)).catch((error: unknown) => error);
        expect(refusal).toMatchObject({ status: 413, code: 'context_length_exceeded', param: 'messages' });
        const [, tokens, limit] =
          /has about (\d+) tokens, but .* is (\d+) tokens/.exec((refusal as Error).message) ?? [];
        expect(Number(limit)).toBe(512);
        const truth = (await hear(chat(LARGER, content, { maxTokens: 1 }))).finish.usage.promptTokens;
        expect(truth).toBeGreaterThan(512);
        expect(Math.abs(Number(tokens) - truth) / truth).toBeLessThan(0.05);
      },
      TIMEOUT_MS,
    );

    it('says that a model is not there', async () => {
      const unknown = { status: 404, code: 'model_not_found' };
      const plan = { ...TINY, name: 'no-such-model' };
      await expect(runtime.load(plan, NEVER)).rejects.toMatchObject(unknown);
      await expect(hear(chat(plan, 'Hi'))).rejects.toMatchObject(unknown);
    });

    it.each([
      ['streamed', true],
      ['plain', false],
    ])(
      'frees the slot of a %s chat that was cancelled',
      async (_name, stream) => {
        const endless = (more: CallOptions): GenerationCall =>
          chat(LARGER, 'Write a very long story about a dragon, in many chapters.', more);
        const left = new Error('left');
        const [leave, leaveOther] = [new AbortController(), new AbortController()];
        await runtime.load(LARGER, NEVER);
        const cancelled = hear(endless({ maxTokens: 1900, stream }), leave.signal).catch((error: unknown) => error);
        // The other slot is taken by a chat that began later and is shorter. A third can only end before it does in the
        // slot of the first.
        let otherIsOver = false;
        const other = runtime.generate(endless({ maxTokens: 1500 }), leaveOther.signal)[Symbol.asyncIterator]();
        await other.next();
        const rest = drain(other).finally(() => (otherIsOver = true));
        leave.abort(left);
        expect(await cancelled).toBe(left);
        const third = await hear(chat(LARGER, 'Hi', { maxTokens: 1 }));
        expect(third.finish.reason).toBe('length');
        expect(otherIsOver).toBe(false);
        leaveOther.abort(left);
        await expect(rest).rejects.toBe(left);
      },
      TIMEOUT_MS,
    );

    it(
      'frees the memory when it is told to',
      async () => {
        await runtime.unload('smollm2');
        expect((await runtime.residents(NEVER)).map((model) => model.name)).not.toContain('smollm2');
      },
      TIMEOUT_MS,
    );
  });
}
