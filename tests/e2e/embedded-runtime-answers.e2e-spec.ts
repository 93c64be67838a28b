import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import type { EmbeddedRuntime } from '../../apps/inference-engine/src/runtime/embedded/embedded.runtime.js';
import type {
  AnswerEvent,
  GenerationCall,
  LoadPlan,
  TextInput,
} from '../../apps/inference-engine/src/runtime/runtime.contract.js';
import { SCHEMAS } from './support/answer-schemas.js';
import { chatCall, type CallOptions } from './support/generation-call.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'apps/inference-engine/dist/runtime/embedded/embedded.runtime.js');
const { TEST_MODEL_GGUF: modelFile = '' } = process.env;
const never = new AbortController().signal;
const run = promisify(execFile);

jest.setTimeout(90_000);

/**
 * The library on its own: the tokens of some texts; and the likeliest tokens after the first, with the natural logarithms
 * of their probabilities, from the logits of the whole vocabulary.
 */
const REFERENCE = `
// The library starts a process with the same arguments, which must not run this script.
process.execArgv.length = 0;
const { getLlama } = await import('node-llama-cpp');
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: 1 });
const model = await llama.loadModel({ modelPath: process.argv[1], gpuLayers: 0 });
const context = await model.createContext({ contextSize: 256, threads: 1, flashAttention: false });
const tokens = JSON.parse(process.argv[2]).map((text) => model.tokenize(text, true));
const [first] = tokens;
const last = [first.at(-1), { generateNext: { token: true, logits: true, options: { temperature: 0 } } }];
const results = await context.getSequence().controlledEvaluate([...first.slice(0, -1), last]);
const logits = [...results.at(-1).next.logits];
const highest = logits.reduce((most, [, logit]) => Math.max(most, logit), -Infinity);
const total = highest + Math.log(logits.reduce((sum, [, logit]) => sum + Math.exp(logit - highest), 0));
const top = logits.sort((a, b) => b[1] - a[1]).slice(0, 5);
const likeliest = top.map(([token, logit]) => ({ token, text: model.detokenize([token]), logprob: logit - total }));
console.log(JSON.stringify({ tokens, likeliest }));
process.exit(0);
`;

interface Reference {
  readonly tokens: readonly (readonly number[])[];
  readonly likeliest: readonly { readonly token: number; readonly text: string; readonly logprob: number }[];
}

async function reference(...texts: string[]): Promise<Reference> {
  const script = ['--input-type=module', '-e', REFERENCE, modelFile, JSON.stringify(texts)];
  const { stdout } = await run(process.execPath, script, { cwd: join(root, 'apps/inference-engine') });
  return JSON.parse(stdout) as Reference;
}

interface Answer {
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[];
  readonly reason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
}

async function read(events: AsyncIterable<readonly AnswerEvent[]>): Promise<Answer> {
  let text = '';
  const logprobs: TokenLogprob[] = [];
  for await (const event of flat(events)) {
    if (event.type === 'text') {
      text += event.text;
      logprobs.push(...(event.logprobs ?? []));
    }
    if (event.type === 'finish') return { text, logprobs, reason: event.reason, ...event.usage };
  }
  throw new Error('the answer ended without a finish event');
}

async function* flat(events: AsyncIterable<readonly AnswerEvent[]>): AsyncGenerator<AnswerEvent> {
  for await (const batch of events) yield* batch;
}

/** The formats that schemas may ask for. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
  time: (text) => !Number.isNaN(Date.parse(`2000-01-01T${text}`)),
  'date-time': (text) => !Number.isNaN(Date.parse(text)),
  uuid: (text) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu.test(text),
};

const chatMl = (user: string): string =>
  `<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user\n${user}<|im_end|>\n<|im_start|>assistant\n`;

describe('answers of the embedded runtime with a real model', () => {
  let folder: string;
  let runtime: EmbeddedRuntime;
  const plan: LoadPlan = { name: 'smollm2', contextLength: 1024, slots: 1 };

  const call = (user: string, options: CallOptions = {}): GenerationCall =>
    chatCall(
      plan,
      [
        { role: 'system', content: 'Answer.' },
        { role: 'user', content: user },
      ],
      options,
    );
  const ask = (user: string, options: CallOptions = {}): Promise<Answer> =>
    read(runtime.generate(call(user, options), never));
  const goOn = (prompt: TextInput['prompt'], options: CallOptions & { suffix?: string } = {}): Promise<Answer> => {
    const { suffix, ...rest } = options;
    return read(runtime.generate({ ...call('', rest), input: { type: 'text', prompt, suffix } }, never));
  };

  beforeAll(async () => {
    if (modelFile === '') throw new Error('Set TEST_MODEL_GGUF to the path of the small chat model.');
    folder = await mkdtemp(join(tmpdir(), 'embedded-answers-'));
    await symlink(resolve(modelFile), join(folder, 'smollm2.gguf'));
    const module = (await import(built)) as { EmbeddedRuntime: typeof EmbeddedRuntime };
    runtime = new module.EmbeddedRuntime({ modelsDir: folder, threads: 1, log: () => undefined });
    await runtime.load(plan, never);
  });

  afterAll(async () => {
    await runtime.close();
    await rm(folder, { recursive: true });
  });

  describe('in a given form', () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [name, fits] of Object.entries(FORMATS)) ajv.addFormat(name, fits);

    it.each(Object.entries(SCHEMAS))('always fit the schema: %s', async (name, schema) => {
      const fits = ajv.compile(schema);
      const answer = await ask(`Write JSON: ${name}`, {
        format: { type: 'schema', path: 'format', schema },
        temperature: 1,
        seed: name.length,
        maxTokens: 400,
      });
      const value: unknown = JSON.parse(answer.text);
      expect({ value, fits: fits(value), errors: fits.errors }).toEqual({ value, fits: true, errors: null });
      expect(answer.reason).toBe('stop');
    });

    it('say so when the tokens end before the form does, and not when both end together', async () => {
      const schema = { type: 'array', items: { type: 'boolean' }, minItems: 3, maxItems: 3 };
      const format = { type: 'schema', path: 'format', schema } as const;
      const { completionTokens } = await ask('Yes?', { format });
      const whole = await ask('Yes?', { format, maxTokens: completionTokens - 1 });
      expect(whole).toMatchObject({ reason: 'stop', text: expect.stringMatching(/\]$/u) });
      expect(await ask('Yes?', { format, maxTokens: 2 })).toMatchObject({ reason: 'length' });
    });

    it('are an object when only JSON is asked for', async () => {
      const { text, reason } = await ask('Give me {"a": 1} as JSON.', { format: { type: 'json' }, maxTokens: 200 });
      if (reason === 'stop') expect(JSON.parse(text)).toEqual(expect.any(Object));
      expect(text).toMatch(/^\{/u);
    });

    it('have log-probabilities of the model, not of the form', async () => {
      const schema = { type: 'string', enum: ['zebra'] };
      const answer = await ask('Hi', { format: { type: 'schema', path: 'format', schema }, logprobs: 2 });
      expect(answer.logprobs.map(({ token }) => token).join('')).toBe('"zebra"');
      expect(answer.logprobs[0]?.top_logprobs[0]?.token).not.toBe(answer.logprobs[0]?.token);
    });
  });

  describe('with log-probabilities', () => {
    it('tell those of the model itself, whatever the sampling', async () => {
      const { likeliest } = await reference(chatMl('Name three colours.'));
      const greedy = await ask('Name three colours.', { logprobs: 5, maxTokens: 1 });
      const filtered = await ask('Name three colours.', {
        logprobs: 5,
        maxTokens: 1,
        ...{ temperature: 0.1, topK: 2, topP: 0.5, presencePenalty: 2, seed: 1 },
      });
      for (const { logprobs } of [greedy, filtered]) {
        const top = logprobs[0]?.top_logprobs ?? [];
        expect(top.map(({ token }) => token)).toEqual(likeliest.map(({ text }) => text));
        for (const [index, { logprob }] of likeliest.entries()) expect(top[index]?.logprob).toBeCloseTo(logprob, 3);
      }
      expect(greedy.logprobs[0]).toMatchObject({ ...greedy.logprobs[0]?.top_logprobs[0] });
    });

    it('tell each token of the text once, also where the text is cut', async () => {
      const plain = await ask('Name three colours.', { maxTokens: 24 });
      const scored = await ask('Name three colours.', { maxTokens: 24, logprobs: 0 });
      expect(scored.text).toBe(plain.text);
      expect(scored.logprobs.map(({ token }) => token).join('')).toBe(plain.text);
      expect(scored.logprobs.flatMap(({ bytes }) => bytes)).toEqual([...Buffer.from(plain.text)]);
      const stop = [plain.text.slice(11, 17)];
      const cut = await ask('Name three colours.', { maxTokens: 24, logprobs: 1, stop });
      expect(cut.logprobs.map(({ token }) => token).join('')).toBe(cut.text);
      expect(cut).toMatchObject({ reason: 'stop', text: plain.text.slice(0, plain.text.indexOf(stop[0] ?? '')) });
    });

    it('give the bytes of a token that is a part of a character', async () => {
      const fox = await goOn('Repeat: 🦊🐶🦊🐶🦊🐶🦊🐶🦊', { maxTokens: 12, logprobs: 0 });
      expect(fox.text).toMatch(/[🐶🦊]/u);
      expect(fox.logprobs.map(({ token }) => token).join('')).toBe(fox.text);
      expect(fox.logprobs.some(({ token }) => token === '')).toBe(true);
      expect(fox.logprobs.flatMap(({ bytes }) => bytes)).toEqual([...Buffer.from(fox.text)]);
    });
  });

  describe('of a text', () => {
    it('go on after it without a template, from text or from its tokens', async () => {
      const [tokens = []] = (await reference('The capital of France is')).tokens;
      const fromText = await goOn('The capital of France is', { maxTokens: 4 });
      expect(fromText).toMatchObject({ promptTokens: tokens.length, text: expect.stringContaining('Paris') });
      expect((await goOn(tokens, { maxTokens: 4 })).text).toBe(fromText.text);
    });

    it.each([
      ['prompt', () => goOn([1, 999_999])],
      ['suffix', () => goOn('a', { suffix: 'b' })],
      ['logit_bias.70000', () => goOn('a', { logitBias: { 70000: 1 } })],
    ])('are refused for what the model does not have: %s', async (param, answer) => {
      await expect(answer()).rejects.toMatchObject({ status: 400, code: 'invalid_request', param });
    });

    it('are refused when it is longer than the context', async () => {
      await expect(goOn('a '.repeat(1100))).rejects.toMatchObject({ code: 'context_length_exceeded', param: 'prompt' });
    });
  });

  describe('with chosen sampling', () => {
    it('follow biases of tokens, also of the one that ends the answer', async () => {
      const [[hello = 0, end = 0] = []] = (await reference('hello<|im_end|>')).tokens;
      expect((await ask('Hi', { logitBias: { [hello]: 100 }, maxTokens: 3 })).text).toBe('hellohellohello');
      expect(await ask('Hi', { logitBias: { [end]: 100 } })).toMatchObject({ text: '', completionTokens: 1 });
      const endless = await ask('Say ok.', { logitBias: { [end]: -100, 0: -100 }, maxTokens: 60 });
      expect(endless).toMatchObject({ reason: 'length', completionTokens: 60 });
    });

    it('repeat themselves less when that costs', async () => {
      const variety = async (options: CallOptions): Promise<number> => {
        const words = (await goOn('The capital of France is', { maxTokens: 60, ...options })).text.split(/\s+/u);
        return new Set(words).size / words.length;
      };
      const free = await variety({});
      expect(await variety({ repeatPenalty: 1.5 })).toBeGreaterThan(free);
      expect(await variety({ frequencyPenalty: 1, presencePenalty: 1 })).toBeGreaterThan(free);
    });

    it('take only the likeliest token where so little is let through', async () => {
      const greedy = await ask('Name three colours.');
      const random = { temperature: 1, seed: 3 };
      expect((await ask('Name three colours.', { ...random, topK: 1 })).text).toBe(greedy.text);
      expect((await ask('Name three colours.', { ...random, topP: 0 })).text).toBe(greedy.text);
      expect((await ask('Name three colours.', { ...random, topK: 0, minP: 1 })).text).toBe(greedy.text);
      expect((await ask('Name three colours.', { ...random, temperature: 2, topK: -1 })).text).not.toBe(greedy.text);
    });
  });

  it('tell how much of the prompt was in the cache', async () => {
    await ask('Tell me about stones.');
    const again = await ask('Tell me about stones.', { temperature: 1 });
    expect(again.cachedTokens).toBe(again.promptTokens - 1);
  });

  it('have as many tokens before them as are counted', async () => {
    const { input } = call('How many?');
    if (input.type !== 'chat') throw new Error('not a chat');
    const { promptTokens } = await ask('How many?', { maxTokens: 1 });
    expect(await runtime.countTokens({ plan, input }, never)).toEqual({ tokens: promptTokens, exact: true });
  });

  describe('that are vectors', () => {
    const embedding: LoadPlan = { name: 'smollm2#embedding', contextLength: 300, slots: 1 };

    beforeAll(async () => {
      expect(runtime.heldAs('smollm2', 'embedding')).toBe(embedding.name);
      await runtime.load(embedding, never);
    });

    it('have length 1, keep the order, and are nearer for what is alike', async () => {
      const inputs = ['a small dog', 'a little puppy', 'quantum field theory'];
      const { vectors, promptTokens } = await runtime.embed({ plan: embedding, inputs }, never);
      const near = (left: number, right: number): number =>
        vectors[left]?.reduce((sum, number, index) => sum + number * (vectors[right]?.[index] ?? 0), 0) ?? 0;
      expect(near(0, 0)).toBeCloseTo(1, 6);
      expect(near(0, 1)).toBeGreaterThan(near(0, 2));
      const { tokens } = await reference(...inputs);
      expect(promptTokens).toBe(tokens.flat().length);
      expect(await runtime.embed({ plan: embedding, inputs: tokens }, never)).toEqual({ vectors, promptTokens });
      const [, , third] = (await runtime.embed({ plan: embedding, inputs: [...inputs].reverse() }, never)).vectors;
      expect(third).toEqual(vectors[0]);
    });

    it('are refused for inputs that are too long or no tokens, and made for the longest', async () => {
      const embed = (...inputs: (string | number[])[]): Promise<unknown> =>
        runtime.embed({ plan: embedding, inputs }, never);
      const tokens = (count: number): number[] => Array.from({ length: count }, () => 300);
      expect(await embed(tokens(300))).toMatchObject({ promptTokens: 300 });
      const tooLong = { code: 'context_length_exceeded', message: expect.stringMatching(/301 tokens.* 300 tokens/u) };
      await expect(embed(tokens(301))).rejects.toMatchObject({ ...tooLong, param: 'input' });
      await expect(embed('a', tokens(301))).rejects.toMatchObject({ ...tooLong, param: 'input[1]' });
      await expect(embed([60_000])).rejects.toMatchObject({ status: 400, param: 'input' });
    });

    it('are made until the signal is aborted', async () => {
      const abort = new AbortController();
      const inputs = Array.from({ length: 500 }, () => 'the quick brown fox jumps over the lazy dog');
      const embedding500 = runtime.embed({ plan: embedding, inputs }, abort.signal);
      setTimeout(() => {
        abort.abort(new Error('client gone'));
      }, 200);
      await expect(embedding500).rejects.toThrow('client gone');
      expect((await runtime.embed({ plan: embedding, inputs: ['a'] }, never)).vectors).toHaveLength(1);
    });

    it('need memory of their own', async () => {
      expect((await runtime.residents(never)).map(({ name }) => name)).toEqual(['smollm2', 'smollm2#embedding']);
      await runtime.unload(embedding.name);
      expect((await runtime.residents(never)).map(({ name }) => name)).toEqual(['smollm2']);
    });
  });
});
