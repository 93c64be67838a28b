import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeOllama, type FakeChat } from '@local-llm-agent/testing';
import { ChatStream, SHORT_CHAT, errorOf, expectAnswer, postChat } from './support/chat.js';
import { System } from './support/system.js';

/** Two tiers for two kinds of patience: one second ends before the first heartbeat, three seconds after it. */
const CATALOG = 'tiers: { small: { timeoutSeconds: 1 }, main: { timeoutSeconds: 3 } }';
const SMALL = { headers: { 'x-tier': 'small' } };
const MAIN = { headers: { 'x-tier': 'main' } };
const FAILED = { code: 'backend_unavailable', type: 'server_error' };
const TIMED_OUT = { code: 'inference_timeout', type: 'server_error' };

const fake = new FakeOllama();
let system: System;
beforeAll(async () => {
  system = await System.start({
    ollamaUrl: await fake.start(),
    catalog: CATALOG,
    settings: { HEARTBEAT_SECONDS: '1', STREAM_IDLE_SECONDS: '1', MEMORY_BUDGET: '16GiB' },
  });
  await postChat(system.gatewayUrl, SHORT_CHAT, MAIN);
}, 60_000);
afterAll(async () => {
  await system.stop();
  await fake.close();
}, 60_000);

describe('a runtime that breaks its answer off (a scripted Ollama, whatever the runtime of this run)', () => {
  const faults: [string, FakeChat][] = [
    ['talks garbage', { kind: 'garbage' }],
    ['refuses with a page of its own', { kind: 'status', status: 502, body: '<html>Bad gateway</html>' }],
    ['cuts the connection', { kind: 'cutAfter', tokens: 2 }],
    ['ends without an end', { kind: 'endAfter', tokens: 2 }],
    ['reports a failure', { kind: 'errorAfter', tokens: 2, message: 'the model crashed' }],
  ];

  it.each(faults)('and %s makes a plain answer a 503', async (_, fault) => {
    fake.next(fault);
    expect(await errorOf(await postChat(system.gatewayUrl, SHORT_CHAT, MAIN))).toMatchObject({
      status: 503,
      ...FAILED,
    });
    await expectAnswer(system.gatewayUrl);
  });

  it.each(faults.slice(0, 2))('and %s makes a stream that has not begun a 503', async (_, fault) => {
    fake.next(fault);
    const response = await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream: true }, MAIN);
    expect(await errorOf(response)).toMatchObject({ status: 503, ...FAILED });
  });

  it.each(faults.slice(2))('and %s ends a stream with what it said and an error event', async (_, fault) => {
    fake.next(fault);
    const stream = await ChatStream.open(system.gatewayUrl, SHORT_CHAT, MAIN);
    expect(stream.response.status).toBe(200);
    expect((await stream.take(2)).join()).toContain('t0 ');
    expect(await stream.error()).toMatchObject(FAILED);
  });
});

describe('a runtime that is slow (a scripted Ollama, whatever the runtime of this run)', () => {
  it('is waited for as long as it says something', async () => {
    fake.next({ kind: 'answer', tokens: ['one ', 'two ', 'three ', 'four'], paceMs: 500 });
    const stream = await ChatStream.open(system.gatewayUrl, SHORT_CHAT, MAIN);
    const events = await stream.rest();
    expect(events.at(-1)).toBe('[DONE]');
    expect(events.join('')).toContain('four');
  }, 20_000);

  it('and goes silent in the middle of a stream ends it with an error event, and is told to stop', async () => {
    const aborted = fake.abortedCount;
    fake.next({ kind: 'hangAfter', tokens: 3 });
    const stream = await ChatStream.open(system.gatewayUrl, SHORT_CHAT, MAIN);
    expect(await stream.error()).toMatchObject(TIMED_OUT);
    await fake.aborted(aborted + 1);
  }, 20_000);

  it('and goes silent in the middle of a plain answer makes it a 504', async () => {
    fake.next({ kind: 'hangAfter', tokens: 3 });
    const response = await postChat(system.gatewayUrl, SHORT_CHAT, MAIN);
    expect(await errorOf(response)).toMatchObject({ status: 504, ...TIMED_OUT });
  }, 20_000);

  it.each([false, true])(
    'and says nothing at all makes it a 504 when the tier is over (stream: %s)',
    async (stream) => {
      const aborted = fake.abortedCount;
      fake.next({ kind: 'hangBeforeHeaders' });
      const response = await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream }, SMALL);
      expect(await errorOf(response)).toMatchObject({ status: 504, ...TIMED_OUT });
      await fake.aborted(aborted + 1);
    },
    20_000,
  );

  it('gets a stream opened and kept alive with comments; a failure is then the last event', async () => {
    fake.next({ kind: 'hangBeforeHeaders' });
    const response = await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream: true }, MAIN);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/event-stream/),
    ]);
    const parts = (await response.text()).trimEnd().split('\n\n');
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.slice(0, -1)).toEqual(parts.slice(0, -1).map(() => expect.stringMatching(/^:/)));
    const last = JSON.parse(parts.at(-1)?.replace('data: ', '') ?? '') as unknown;
    expect(last).toMatchObject({ error: TIMED_OUT });
  }, 20_000);
});
