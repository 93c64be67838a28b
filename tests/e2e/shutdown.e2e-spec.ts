import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatStream, LONG_CHAT, SHORT_CHAT, expectAnswer, postChat } from './support/chat.js';
import { runs } from './support/processes.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

/** Some seconds of work: longer than the delay before the end of listening, shorter than the grace. */
const SOME_SECONDS = { ...LONG_CHAT, max_tokens: 120 };

let system: System;
beforeAll(async () => {
  system = await System.start({ settings: { SHUTDOWN_DELAY_SECONDS: '1', SHUTDOWN_GRACE_SECONDS: '30' } });
  await expectAnswer(system.gatewayUrl);
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function ready(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function readyStatus(url: string): Promise<number> {
  return (await fetch(`${url}/health/ready`)).status;
}

describe(`a gateway that is told to stop, on the ${RUNTIME} runtime`, () => {
  it('is not ready at once, finishes its stream, and exits with 0', async () => {
    const { program, url } = await system.anotherGateway();
    expect(await readyStatus(url)).toBe(200);
    const stream = await ChatStream.open(url, SOME_SECONDS);
    const begin = await stream.take(3);
    program.signal('SIGTERM');
    await until('it is not ready', async () => (await readyStatus(url)) === 503);
    // It still listens, for those that have not noticed yet.
    const late = await postChat(url, SHORT_CHAT);
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
    const events = [...begin, ...(await stream.rest())];
    expect(events.at(-1)).toBe('[DONE]');
    expect(events.length).toBeGreaterThan(60);
    expect(await program.exited()).toBe(0);
  }, 60_000);

  it('cuts what outlives the grace, and exits with 0', async () => {
    const { program, url } = await system.anotherGateway({ SHUTDOWN_DELAY_SECONDS: '0', SHUTDOWN_GRACE_SECONDS: '1' });
    const stream = await ChatStream.open(url, LONG_CHAT);
    await stream.take(3);
    program.signal('SIGTERM');
    expect(await stream.error()).toMatchObject({ code: 'backend_unavailable' });
    expect(await program.exited()).toBe(0);
    await until('its slot is free', async () => (await system.metric(system.engineUrl, 'llm_slots_in_use')) === 0);
  }, 60_000);
});

describe(`a rolling restart of the gateways under load, on the ${RUNTIME} runtime`, () => {
  it('loses no request', async () => {
    const gateways = [await system.anotherGateway(), await system.anotherGateway()];
    const outcomes: { status: number | string; url: string }[] = [];
    let routed: string[] = gateways.map(({ url }) => url);
    let over = false;
    /** What a Service of Kubernetes does: sends requests to those that are ready, as far as it knows. */
    const probe = async (): Promise<void> => {
      while (!over) {
        const states = await Promise.all(gateways.map(async ({ url }) => ({ url, ready: await ready(url) })));
        routed = states.flatMap((state) => (state.ready ? [state.url] : []));
        await wait(100);
      }
    };
    const work = async (worker: number): Promise<void> => {
      for (let turn = worker; !over; turn += 1) {
        const url = routed[turn % routed.length];
        if (url === undefined) throw new Error('No gateway was ready.');
        try {
          const response = await postChat(url, SHORT_CHAT);
          const { usage } = (await response.json()) as { usage?: object };
          outcomes.push({ status: usage ? response.status : 'no usage', url });
        } catch (error) {
          outcomes.push({ status: String(error), url });
        }
      }
    };
    const load = Promise.all([probe(), ...[0, 1, 2, 3].map(work)]);
    for (const [index, { program, url }] of gateways.entries()) {
      const before = outcomes.length;
      await until('requests flow', () => outcomes.length > before + 8, 20_000);
      program.signal('SIGTERM');
      expect(await program.exited()).toBe(0);
      gateways[index] = await system.anotherGateway({}, Number(new URL(url).port));
      await until('the new one gets requests', () => routed.includes(url), 10_000);
    }
    const before = outcomes.length;
    await until('requests flow', () => outcomes.length > before + 8, 20_000);
    over = true;
    await load;
    await Promise.all(gateways.map(({ program }) => program.stop()));
    expect(outcomes.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(outcomes.slice(before).map(({ url }) => url)).size).toBe(2);
  }, 90_000);
});

describe(`an engine that is told to stop, on the ${RUNTIME} runtime`, () => {
  it('is not ready at once, finishes its stream, ends its model processes, and exits with 0', async () => {
    const ownProcesses = RUNTIME === 'embedded' ? system.modelProcesses() : [];
    const stream = await ChatStream.open(system.gatewayUrl, SOME_SECONDS);
    await stream.take(3);
    system.engine.signal('SIGTERM');
    await until('it is not ready', async () => (await readyStatus(system.engineUrl)) === 503);
    expect((await stream.rest()).at(-1)).toBe('[DONE]');
    expect(await system.engine.exited()).toBe(0);
    expect(ownProcesses.filter(runs)).toEqual([]);
  }, 60_000);

  it('cuts what outlives the grace with an error event, ends its model processes, and exits with 0', async () => {
    await system.startEngineAgain({ SHUTDOWN_DELAY_SECONDS: '0', SHUTDOWN_GRACE_SECONDS: '1' });
    const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
    await stream.take(3);
    const ownProcesses = RUNTIME === 'embedded' ? system.modelProcesses() : [];
    system.engine.signal('SIGTERM');
    expect(await stream.error()).toMatchObject({ code: 'backend_unavailable' });
    expect(await system.engine.exited()).toBe(0);
    expect(ownProcesses.filter(runs)).toEqual([]);
  }, 60_000);
});
