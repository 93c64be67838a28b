import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { ask, chat, startEngine, type Answer, type RunningEngine } from './engine.harness.js';

const GIB = 2 ** 30;
const CATALOG = `
models:
  - { id: a, tier: small, memory: 1GiB, parallel: 1 }
  - { id: b, tier: small, memory: 1GiB, parallel: 1 }
`;

describe('a stream that waits', () => {
  let ollama: FakeOllama;
  let engine: RunningEngine;
  let streams: AbortController[] = [];

  beforeEach(async () => {
    ollama = new FakeOllama(['a', 'b'].map((name) => ({ name: `${name}:latest`, size: GIB })));
    engine = await startEngine(await ollama.start(), CATALOG, { MEMORY_BUDGET: 1.5 * GIB, HEARTBEAT_SECONDS: 3 });
    streams = [];
  });
  afterEach(async () => {
    for (const stream of streams) stream.abort();
    await engine.stop();
    await ollama.close();
  });

  /** The first comments of a stream, which is left then. */
  async function comments(model: string, count: number, headers = { 'x-wait-events': '1' }): Promise<string[]> {
    const abort = new AbortController();
    streams.push(abort);
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
    const url = `http://127.0.0.1:${engine.port}${ENGINE_PATHS.chatCompletions}`;
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
    const response = await fetch(url, { ...init, signal: abort.signal });
    let text = '';
    for await (const part of response.body!) {
      text += Buffer.from(part as Uint8Array).toString('utf8');
      const lines = text.split('\n\n').slice(0, -1);
      if (lines.length >= count) return lines.slice(0, count);
    }
    return text.split('\n\n');
  }

  it('tells its place in the queue, every second for those who ask for it', async () => {
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const first = chat(engine, 'a');
    await ollama.received();
    const startedAt = performance.now();
    const told = (await Promise.all([comments('a', 2), comments('a', 2)])).sort();
    expect(told).toEqual([
      [': waiting, 1st in the queue of a', ': waiting, 1st in the queue of a'],
      [': waiting, 2nd in the queue of a', ': waiting, 2nd in the queue of a'],
    ]);
    expect(performance.now() - startedAt).toBeGreaterThan(1900);
    await ollama.close();
    await first;
  });

  it('tells it as rarely as heartbeats come to all others', async () => {
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const first = chat(engine, 'a');
    await ollama.received();
    const startedAt = performance.now();
    expect(await comments('a', 1, { 'x-wait-events': '0' })).toEqual([': waiting, 1st in the queue of a']);
    expect(performance.now() - startedAt).toBeGreaterThan(2900);
    await ollama.close();
    await first;
  });

  it('tells how long the load of its model will take', async () => {
    ollama.hangOn('/api/embed');
    const [comment] = await comments('a', 1);
    expect(comment).toMatch(/^: waiting, 1st in the queue of a; loading, (?:about \d+ s left|longer than usual)$/);
  });

  it('tells that its model has yet to come while others work', async () => {
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const first = chat(engine, 'a');
    await ollama.received();
    const [comment] = await comments('b', 1);
    expect(comment).toMatch(/^: waiting, 1st in the queue of b; to be loaded, about \d+ s$/);
    await ollama.close();
    await first;
  });

  it('tells when the model has begun to read', async () => {
    ollama.next({ kind: 'hangBeforeHeaders' });
    expect(await comments('a', 1)).toEqual([': waiting, the model reads the prompt']);
  });
});

describe('the wait of a request', () => {
  /** How long the slot is held by another one, at least. */
  const HELD_MS = 300;
  let ollama: FakeOllama;
  let engine: RunningEngine;

  beforeEach(async () => {
    ollama = new FakeOllama([{ name: 'a:latest', size: GIB }]);
    engine = await startEngine(await ollama.start(), CATALOG, { MEMORY_BUDGET: 1.5 * GIB });
  });
  afterEach(async () => {
    await engine.stop();
    await ollama.close();
  });

  /** Holds the one slot of the model until the returned function is called. */
  async function hold(): Promise<() => void> {
    const holder = new AbortController();
    ollama.next({ kind: 'hangAfter', tokens: 1 });
    const received = ollama.received();
    const body = JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'hi' }] });
    const url = `http://127.0.0.1:${engine.port}${ENGINE_PATHS.chatCompletions}`;
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal: holder.signal }).catch(
      () => undefined,
    );
    await received;
    return () => {
      holder.abort();
    };
  }

  async function askWhileHeld(fields: object, headers: object = {}): Promise<Answer> {
    const release = await hold();
    const body = { model: 'a', messages: [{ role: 'user', content: 'hi' }], ...fields };
    const answer = ask(engine, ENGINE_PATHS.chatCompletions, body, headers);
    await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    release();
    return answer;
  }

  it('is told by a header of a plain answer', async () => {
    const { status, headers } = await askWhileHeld({});
    expect(status).toBe(200);
    expect(Number(headers['x-queue-ms'])).toBeGreaterThanOrEqual(HELD_MS - 50);
    const next = await chat(engine, 'a');
    expect(Number(next.headers['x-queue-ms'])).toBeLessThan(Number(headers['x-queue-ms']));
  });

  it('is told by a header and a trailer of a stream', async () => {
    const { headers, trailers } = await askWhileHeld({ stream: true });
    expect(Number(trailers['x-queue-ms'])).toBeGreaterThanOrEqual(HELD_MS - 50);
    expect(headers['x-queue-ms']).toBe(trailers['x-queue-ms']);
  });

  it('is told by the trailer alone of a stream that was opened while it waited', async () => {
    const release = await hold();
    const body = { model: 'a', stream: true, messages: [{ role: 'user', content: 'hi' }] };
    const answer = ask(engine, ENGINE_PATHS.chatCompletions, body, { 'x-wait-events': '1' });
    await new Promise((resolve) => setTimeout(resolve, 1600));
    release();
    const { headers, trailers, text } = await answer;
    expect(text).toMatch(/^: waiting/);
    expect(headers['x-queue-ms']).toBeUndefined();
    expect(Number(trailers['x-queue-ms'])).toBeGreaterThanOrEqual(1500);
  });

  it('is told of a request that never got its slot', async () => {
    const release = await hold();
    const { status, headers } = await chat(engine, 'a', { 'x-timeout-ms': '400' });
    expect(status).toBe(504);
    expect(Number(headers['x-queue-ms'])).toBeGreaterThanOrEqual(350);
    release();
  });
});
