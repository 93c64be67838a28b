import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GenerationCall, AnswerEvent } from '../runtime.contract.js';
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
  if (message.type === 'chat') {
    const { id } = message;
    const say = message.messages[0].content;
    if (say === 'hello') {
      send({ type: 'text', id, text: 'hel' });
      send({ type: 'text', id, text: 'lo' });
      send({ type: 'finish', id, reason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } });
    }
    if (say === 'wait') { waiting.set(id, true); send({ type: 'text', id, text: 'one' }); }
    if (say === 'die') { send({ type: 'text', id, text: 'one' }); process.kill(process.pid, 'SIGKILL'); }
    if (say === 'long') send({ type: 'failed', id, failure: { kind: 'contextLength', promptTokens: 9000, contextLength: 512 } });
    if (say === 'roles') send({ type: 'failed', id, failure: { kind: 'messages', reason: 'roles must alternate' } });
  }
});
`;

const never = new AbortController().signal;
const plan = { name: 'm', contextLength: 512, slots: 2 };

function call(content: string): GenerationCall {
  return {
    plan,
    messages: [{ role: 'user', content }],
    maxTokens: 10,
    temperature: 0,
    topP: 1,
    stop: [],
    seed: undefined,
    stream: true,
  };
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
    const events = await collect(runtime.chat(call('hello'), never));
    const text = events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');
    expect(text).toBe('hello');
    expect(events.at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2 },
    });
  });

  it('refuses a chat with a model that is not loaded', async () => {
    await expect(collect(runtime.chat(call('hello'), never))).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
    });
  });

  it.each([
    ['long', { code: 'context_length_exceeded', message: expect.stringMatching(/9000 tokens.* 512 tokens/u) }],
    [
      'roles',
      { code: 'invalid_request', status: 400, param: 'messages', message: expect.stringContaining('alternate') },
    ],
  ])('names the cause of a refused chat (%s)', async (content, error) => {
    await runtime.load(plan, never);
    await expect(collect(runtime.chat(call(content), never))).rejects.toMatchObject(error);
  });

  it('ends a chat with the reason of its signal', async () => {
    await runtime.load(plan, never);
    const abort = new AbortController();
    const chat = runtime.chat(call('wait'), abort.signal)[Symbol.asyncIterator]();
    expect((await chat.next()).value).toEqual([{ type: 'text', text: 'one' }]);
    const next = chat.next();
    abort.abort(new Error('client gone'));
    await expect(next).rejects.toThrow('client gone');
  });

  it('stops the generation when its reader leaves', async () => {
    await runtime.load(plan, never);
    for await (const batch of runtime.chat(call('wait'), never)) {
      expect(batch).toHaveLength(1);
      break;
    }
    expect(await collect(runtime.chat(call('hello'), never))).toHaveLength(3);
  });

  it('fails the chats of a process that dies, tells about it, and loads again', async () => {
    await runtime.load(plan, never);
    const gone = new Promise<void>((resolve) => {
      onLost = resolve;
    });
    await expect(collect(runtime.chat(call('die'), never))).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
      message: expect.stringContaining('The model process ended'),
    });
    await gone;
    expect(lost).toEqual(['m']);
    expect(await runtime.residents(never)).toEqual([]);
    await runtime.load(plan, never);
    expect(await collect(runtime.chat(call('hello'), never))).toHaveLength(3);
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
