import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatStream, LONG_CHAT, SHORT_CHAT, expectAnswer } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

/** One model fits at a time, and it answers one request at a time; nobody's wait makes the models change. */
const CATALOG = `
tiers:
  small: { queueLength: 1000, maxWaitSeconds: 600 }
uncatalogued: { contextLength: 2048, parallel: 1 }
`;
const CLIENTS = 500;

let system: System;
beforeAll(async () => {
  system = await System.start({
    models: ['smollm2', 'twin'],
    catalog: CATALOG,
    settings: { MEMORY_BUDGET: '350MiB' },
  });
  await expectAnswer(system.gatewayUrl);
}, 120_000);
afterAll(() => system.stop(), 60_000);

const engine = (name: string, labels = ''): Promise<number> => system.metric(system.engineUrl, name, labels);

/** A request whose connection is cut by the function that is returned. */
function ask(model: string): () => void {
  const sent = request(`${system.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify({ ...SHORT_CHAT, model }));
  return () => {
    sent.destroy();
  };
}

describe(`${CLIENTS} clients that leave while they wait, on the ${RUNTIME} runtime`, () => {
  it('cause no load and leave nothing behind', async () => {
    const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
    await stream.take(3);
    const [loads, bytes] = [await engine('llm_model_load_seconds_count'), await engine('llm_resident_model_bytes')];
    const leave = Array.from({ length: CLIENTS }, (_, index) => ask(index % 2 === 0 ? 'twin' : 'smollm2'));
    await until('all of them wait', async () => (await engine('llm_queue_length')) === CLIENTS, 30_000);
    for (const each of leave) each();
    await until('nobody waits', async () => (await engine('llm_queue_length')) === 0, 15_000);
    stream.leave();
    for (const name of ['llm_slots_in_use', 'llm_requests_in_flight'])
      await until(`${name} is 0`, async () => (await engine(name)) === 0, 15_000);
    await until(
      'no request is left in the gateway',
      async () => (await system.metric(system.gatewayUrl, 'llm_requests_in_flight')) === 0,
      15_000,
    );
    expect(await engine('llm_model_load_seconds_count')).toBe(loads);
    // What is in memory may have grown a little while it worked; there is no second model.
    expect(await engine('llm_resident_model_bytes', 'twin')).toBe(0);
    expect(await engine('llm_resident_model_bytes')).toBeLessThan(bytes * 1.5);
    await expectAnswer(system.gatewayUrl);
    await expectAnswer(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' });
  }, 120_000);
});
