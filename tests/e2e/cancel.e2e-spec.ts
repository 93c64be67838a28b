import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatStream, LONG_CHAT, expectAnswer, postChat } from './support/chat.js';
import { processorTime } from './support/processes.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

/** One slot, so that a second request has to wait. */
const CATALOG = 'models: [{ id: smollm2, parallel: 1 }]';
/** Ollama reads a prompt to its end, also when its client has left: our slot is free at once, its processor is not. */
const [WORDS, PROMPT_READ_MS] = RUNTIME === 'ollama' ? [1000, 60_000] : [4000, 5000];
const LONG_PROMPT = { ...LONG_CHAT, messages: [{ role: 'user', content: 'word '.repeat(WORDS) }] };
const IDLE_WINDOW_MS = 200;
/** Hundredths of a second: a fifth of the window at most. */
const IDLE_TICKS = 4;

let system: System;
beforeAll(async () => {
  system = await System.start({ catalog: CATALOG });
  await expectAnswer(system.gatewayUrl);
}, 120_000);
afterAll(() => system.stop(), 60_000);

function slotsInUse(): Promise<number> {
  return system.metric(system.engineUrl, 'llm_slots_in_use');
}

async function requestsInFlight(): Promise<number> {
  const [gateway, engine] = await Promise.all(
    [system.gatewayUrl, system.engineUrl].map((url) => system.metric(url, 'llm_requests_in_flight')),
  );
  return (gateway ?? 0) + (engine ?? 0);
}

async function modelIsIdle(): Promise<boolean> {
  const pids = system.modelProcesses();
  const before = processorTime(pids);
  await wait(IDLE_WINDOW_MS);
  return processorTime(pids) - before <= IDLE_TICKS;
}

describe(`a client that leaves, on the ${RUNTIME} runtime`, () => {
  afterEach(async () => {
    await expectAnswer(system.gatewayUrl);
  }, 30_000);

  async function expectAllFreed(idleWithinMs = 5000): Promise<void> {
    await until('the slot is free', async () => (await slotsInUse()) === 0);
    await until('no request is in flight', async () => (await requestsInFlight()) === 0);
    await until('the model does nothing', modelIsIdle, idleWithinMs);
  }

  it('in the middle of a stream frees its slot', async () => {
    const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
    await stream.take(5);
    expect(await slotsInUse()).toBe(1);
    stream.leave();
    await expectAllFreed();
  }, 30_000);

  it('before its plain answer frees its slot', async () => {
    const client = new AbortController();
    const answer = postChat(system.gatewayUrl, LONG_CHAT, { signal: client.signal });
    answer.catch(() => undefined);
    await until('it runs', async () => (await slotsInUse()) === 1);
    await system.modelWorks();
    client.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expectAllFreed();
  }, 30_000);

  it('while a long prompt is read frees its slot', async () => {
    const client = new AbortController();
    const answer = postChat(system.gatewayUrl, { ...LONG_PROMPT, stream: true }, { signal: client.signal });
    answer.catch(() => undefined);
    await until('it runs', async () => (await slotsInUse()) === 1);
    await system.modelWorks();
    client.abort();
    // No head came: the first token was still far away.
    await expect(answer).rejects.toThrow('aborted');
    await expectAllFreed(PROMPT_READ_MS);
  }, 90_000);

  it.each([false, true])(
    'while it waits in the queue never starts (stream: %s)',
    async (stream) => {
      const running = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
      await running.take(2);
      const queueLength = (): Promise<number> => system.metric(system.engineUrl, 'llm_queue_length');
      const started = (): Promise<number> => system.metric(system.engineUrl, 'llm_queue_wait_seconds_count');
      const before = await started();
      const client = new AbortController();
      const waiting = postChat(system.gatewayUrl, { ...LONG_CHAT, stream }, { signal: client.signal });
      waiting.catch(() => undefined);
      await until('it waits', async () => (await queueLength()) === 1);
      client.abort();
      await until('nobody waits', async () => (await queueLength()) === 0);
      expect(await slotsInUse()).toBe(1);
      await running.take(2);
      running.leave();
      await expectAllFreed();
      expect(await started()).toBe(before);
    },
    30_000,
  );
});
