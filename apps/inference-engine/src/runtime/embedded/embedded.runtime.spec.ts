import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { callOf, chatOf } from '../../../test/call.cases.js';
import type { AnswerEvent, AnswerFormat, GenerationCall } from '../runtime.contract.js';
import { EmbeddedRuntime } from './embedded.runtime.js';

/**
 * A model process without a model. It notes its id in `starts`; `modelPath` and the first message script what it does:
 * `load:` in the model's file and `say:` in the message.
 */
const FAKE_CHILD = `
import { appendFileSync, readFileSync } from 'node:fs';
const starts = new URL('./starts', import.meta.url);
appendFileSync(starts, process.pid + '\\n');
const send = (message) => process.send(message);
const waiting = new Map();
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'load') {
    const script = readFileSync(message.modelPath, 'utf8');
    if (script === 'fail') send({ type: 'loadFailed', reason: 'unknown architecture' });
    else if (script === 'die') process.exit(3);
    else if (script !== 'hang') {
      console.log('noise of the library');
      send({ type: 'log', level: 'warn', message: 'threads=' + message.threads });
      send({ type: 'ready', bytes: 1000 });
    }
  }
  if (message.type === 'measure') send({ type: 'measured', bytes: 2000 });
  if (message.type === 'exit') process.exit(0);
  if (message.type === 'cancel' && waiting.delete(message.id)) send({ type: 'cancelled', id: message.id });
  if (message.type === 'read') send({ type: 'log', level: 'debug', message: 'read ' + message.count });
  if (message.type === 'work') {
    const { id, work } = message;
    const tell = (event, last = false) => send({ type: 'event', id, event, last });
    if (work.kind === 'count') tell({ type: 'count', tokens: work.input.messages.length }, true);
    if (work.kind === 'embed') {
      for (const input of work.inputs) tell({ type: 'vector', vector: [input.length] });
      tell({ type: 'embedded', promptTokens: 7 }, true);
    }
    if (work.kind !== 'generate') return;
    const { order } = work;
    const say = order.input.messages[0].content;
    if (say === 'hello') {
      tell({ type: 'text', text: 'hel' });
      tell({ type: 'text', text: 'lo' });
      tell({ type: 'finish', reason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } }, true);
    }
    if (say === 'grammar') {
      tell({ type: 'text', text: order.grammar ?? 'none' });
      tell({ type: 'finish', reason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } }, true);
    }
    if (say === 'wait') { waiting.set(id, true); tell({ type: 'text', text: 'one' }); }
    if (say === 'die') { tell({ type: 'text', text: 'one' }); process.kill(process.pid, 'SIGKILL'); }
    const failed = (failure) => send({ type: 'failed', id, failure });
    if (say === 'long') failed({ kind: 'contextLength', promptTokens: 9000, contextLength: 512, param: 'prompt' });
    if (say === 'roles') failed({ kind: 'messages', reason: 'roles must alternate' });
    if (say === 'bias') failed({ kind: 'invalid', message: 'no such token', param: 'logit_bias.7' });
  }
});
`;

const never = new AbortController().signal;
const plan = { name: 'm', contextLength: 512, slots: 2 };

function call(content: string, format: AnswerFormat = { type: 'text' }): GenerationCall {
  return callOf({ plan, input: chatOf(content), maxTokens: 10, format });
}

async function collect(events: AsyncIterable<readonly AnswerEvent[]>): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = [];
  for await (const batch of events) all.push(...batch);
  return all;
}

describe('EmbeddedRuntime', () => {
  let folder: string;
  let runtime: EmbeddedRuntime;
  let logged: string[];
  let lost: string[];
  let onLost: () => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-'));
    await writeFile(join(folder, 'child.mjs'), FAKE_CHILD);
    await writeFile(join(folder, 'm.gguf'), 'ok');
    logged = [];
    lost = [];
    onLost = () => undefined;
    runtime = new EmbeddedRuntime({
      modelsDir: folder,
      threads: 1,
      childEntry: join(folder, 'child.mjs'),
      log: (level, message) => logged.push(`${level} ${message}`),
      onLost: (name) => {
        lost.push(name);
        onLost();
      },
    });
  });

  afterEach(async () => {
    await runtime.close();
    await rm(folder, { recursive: true });
  });

  const starts = async (): Promise<number[]> =>
    existsSync(join(folder, 'starts'))
      ? (await readFile(join(folder, 'starts'), 'utf8')).trim().split('\n').map(Number)
      : [];

  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('is up without models, and says what to do', async () => {
    await rm(join(folder, 'm.gguf'));
    expect(await runtime.health(never)).toEqual({ up: true, detail: expect.stringContaining('MODELS_DIR') });
    await writeFile(join(folder, 'm.gguf'), 'ok');
    expect(await runtime.health(never)).toEqual({ up: true });
  });

  it('loads a model in a process of its own and tells its memory', async () => {
    expect(await runtime.load(plan, never)).toEqual({ bytes: 2000 });
    expect(await runtime.residents(never)).toEqual([{ name: 'm', bytes: 2000 }]);
    expect(logged).toEqual(expect.arrayContaining(['warn threads=1']));
  });

  it('never has two processes for one model', async () => {
    await Promise.all([runtime.load(plan, never), runtime.load(plan, never)]);
    expect(await starts()).toHaveLength(1);
    await runtime.load({ ...plan, contextLength: 1024 }, never);
    const [first, second] = await starts();
    expect(isAlive(first ?? 0)).toBe(false);
    expect(isAlive(second ?? 0)).toBe(true);
  });

  it('frees the memory before unloading ends, and has nothing against unloading again', async () => {
    await runtime.load(plan, never);
    await runtime.unload('m');
    expect((await starts()).map(isAlive)).toEqual([false]);
    expect(await runtime.residents(never)).toEqual([]);
    await runtime.unload('m');
    expect(lost).toEqual([]);
  });

  it('kills the process when a load is aborted, and can load again', async () => {
    await writeFile(join(folder, 'm.gguf'), 'hang');
    const abort = new AbortController();
    const loading = runtime.load(plan, abort.signal);
    const waiting = runtime.load(plan, AbortSignal.any([abort.signal]));
    while ((await starts()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('too slow'));
    await expect(waiting).rejects.toThrow('too slow');
    await expect(loading).rejects.toThrow('too slow');
    expect((await starts()).map(isAlive)).toEqual([false]);
    await writeFile(join(folder, 'm.gguf'), 'ok');
    await runtime.load(plan, never);
    expect(lost).toEqual([]);
  });

  it.each([
    ['fail', 'could not be loaded: unknown architecture'],
    ['die', 'could not be loaded: its process ended (exit code 3)'],
  ])('says why a model could not be loaded (%s)', async (script, reason) => {
    await writeFile(join(folder, 'm.gguf'), script);
    await expect(runtime.load(plan, never)).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
      message: expect.stringContaining(reason),
    });
    expect((await starts()).map(isAlive)).toEqual([false]);
    expect(lost).toEqual([]);
  });

  it('knows only the models of its folder', async () => {
    const unknown = { ...plan, name: 'other' };
    await expect(runtime.load(unknown, never)).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('passes the events of a chat on and reports what was read', async () => {
    await runtime.load(plan, never);
    const events = await collect(runtime.generate(call('hello'), never));
    const text = events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');
    expect(text).toBe('hello');
    expect(events.at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2 },
    });
  });

  it('refuses a chat with a model that is not loaded', async () => {
    await expect(collect(runtime.generate(call('hello'), never))).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
    });
  });

  it.each([
    [
      'long',
      { code: 'context_length_exceeded', param: 'prompt', message: expect.stringMatching(/9000 tokens.* 512 tokens/u) },
    ],
    [
      'roles',
      { code: 'invalid_request', status: 400, param: 'messages', message: expect.stringContaining('alternate') },
    ],
    ['bias', { code: 'invalid_request', status: 400, param: 'logit_bias.7', message: 'no such token' }],
  ])('names the cause of a refused chat (%s)', async (content, error) => {
    await runtime.load(plan, never);
    await expect(collect(runtime.generate(call(content), never))).rejects.toMatchObject(error);
  });

  it('sends the form of an answer to the model process as a grammar', async () => {
    await runtime.load(plan, never);
    const textOf = async (format: AnswerFormat): Promise<unknown> =>
      (await collect(runtime.generate(call('grammar', format), never)))[0];
    expect(await textOf({ type: 'text' })).toEqual({ type: 'text', text: 'none' });
    expect(await textOf({ type: 'json' })).toEqual({ type: 'text', text: expect.stringContaining('root ::= object') });
    const schema = { type: 'schema', path: 'x', schema: { const: 'yes' } } as const;
    expect(await textOf(schema)).toEqual({ type: 'text', text: expect.stringContaining('yes') });
  });

  it('refuses a schema that cannot be guaranteed, and names the keyword', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', multipleOf: 7 } } };
    const refusal = runtime.refusal(call('hello', { type: 'schema', path: 'tools', schema }));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_request', param: 'tools.properties.age.multipleOf' });
    expect(runtime.refusal(call('hello', { type: 'json' }))).toBeUndefined();
  });

  it('counts the tokens of a chat', async () => {
    await runtime.load(plan, never);
    expect(await runtime.countTokens({ plan, input: chatOf('hello') }, never)).toEqual({ tokens: 1, exact: true });
  });

  it('holds a model for embeddings in a process of its own', async () => {
    const name = runtime.heldAs('m', 'embedding');
    const embedding = { name, contextLength: 512, slots: 1 };
    await runtime.load(plan, never);
    await runtime.load(embedding, never);
    expect((await runtime.residents(never)).map((model) => model.name)).toEqual(['m', 'm#embedding']);
    expect(await runtime.embed({ plan: embedding, inputs: ['abc', [1, 2]] }, never)).toEqual({
      vectors: [[3], [2]],
      promptTokens: 7,
    });
    expect(await runtime.management.running()).toEqual([
      expect.objectContaining({ model: 'm:latest', size: 4000, context_length: 512 }),
    ]);
    await runtime.unload(name);
    expect((await runtime.residents(never)).map((model) => model.name)).toEqual(['m']);
  });

  it('ends a chat with the reason of its signal', async () => {
    await runtime.load(plan, never);
    const abort = new AbortController();
    const answer = runtime.generate(call('wait'), abort.signal)[Symbol.asyncIterator]();
    expect((await answer.next()).value).toEqual([{ type: 'text', text: 'one' }]);
    const next = answer.next();
    abort.abort(new Error('client gone'));
    await expect(next).rejects.toThrow('client gone');
  });

  it('stops the generation when its reader leaves', async () => {
    await runtime.load(plan, never);
    for await (const batch of runtime.generate(call('wait'), never)) {
      expect(batch).toHaveLength(1);
      break;
    }
    expect(await collect(runtime.generate(call('hello'), never))).toHaveLength(3);
  });

  it('fails the chats of a process that dies, tells about it, and loads again', async () => {
    await runtime.load(plan, never);
    const gone = new Promise<void>((resolve) => {
      onLost = resolve;
    });
    await expect(collect(runtime.generate(call('die'), never))).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
      message: expect.stringContaining('The model process ended'),
    });
    await gone;
    expect(lost).toEqual(['m']);
    expect(await runtime.residents(never)).toEqual([]);
    await runtime.load(plan, never);
    expect(await collect(runtime.generate(call('hello'), never))).toHaveLength(3);
  });

  describe('with a process that hangs', () => {
    let pid: number;
    /** Asks so many times what is in memory, each time until the time for the answer is over. */
    const askInVain = async (times: number): Promise<void> => {
      for (let asked = 0; asked < times; asked += 1) {
        const answer = runtime.residents(never);
        await jest.advanceTimersByTimeAsync(2000);
        expect(await answer).toEqual([{ name: 'm', bytes: 2000 }]);
      }
    };

    beforeEach(async () => {
      await runtime.load(plan, never);
      [pid = 0] = await starts();
      process.kill(pid, 'SIGSTOP');
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('ends it after a while, tells about it, and loads again', async () => {
      const gone = new Promise<void>((resolve) => {
        onLost = resolve;
      });
      await askInVain(15);
      await gone;
      jest.useRealTimers();
      expect([lost, isAlive(pid), await runtime.residents(never)]).toEqual([['m'], false, []]);
      expect(logged).toContain('error the model process was asked 15 times and said nothing: it is ended');
      await runtime.load(plan, never);
      expect(await collect(runtime.generate(call('hello'), never))).toHaveLength(3);
    });

    it('keeps it when it goes on before that', async () => {
      await askInVain(14);
      process.kill(pid, 'SIGCONT');
      await runtime.residents(never);
      process.kill(pid, 'SIGSTOP');
      await askInVain(14);
      expect([lost, isAlive(pid)]).toEqual([[], true]);
      process.kill(pid, 'SIGCONT');
    });
  });

  it('ends every process when it closes, also one that is loading', async () => {
    await runtime.load(plan, never);
    await writeFile(join(folder, 'slow.gguf'), 'hang');
    const loading = expect(runtime.load({ ...plan, name: 'slow' }, never)).rejects.toMatchObject({
      code: 'backend_unavailable',
    });
    while ((await starts()).length < 2) await new Promise((resolve) => setImmediate(resolve));
    await runtime.close();
    await loading;
    expect((await starts()).map(isAlive)).toEqual([false, false]);
    await expect(runtime.load(plan, never)).rejects.toMatchObject({ code: 'backend_unavailable' });
  });
});
