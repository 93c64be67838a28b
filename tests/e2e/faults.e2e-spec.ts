import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatStream, LONG_CHAT, SHORT_CHAT, errorOf, expectAnswer, postChat } from './support/chat.js';
import { killAll, runs } from './support/processes.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

const BACKEND_UNAVAILABLE = { code: 'backend_unavailable', type: 'server_error', param: null };
const TRIED_AGAIN = 'llm_requests_tried_again_total';
const onOllama = RUNTIME === 'ollama' ? it : it.skip;
const onEmbedded = RUNTIME === 'embedded' ? it : it.skip;

let system: System;
beforeAll(async () => {
  // The gateway takes an engine for lost that is silent for four heartbeats.
  system = await System.start({ settings: { HEARTBEAT_SECONDS: '1' } });
  await expectAnswer(system.gatewayUrl);
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function openLongStream(): Promise<ChatStream> {
  const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
  expect(stream.response.status).toBe(200);
  await stream.take(3);
  return stream;
}

/** A plain request that runs by now. */
async function startLongAnswer(): Promise<Promise<Response>[]> {
  const answer = postChat(system.gatewayUrl, LONG_CHAT);
  await until('it runs', async () => (await system.metric(system.engineUrl, 'llm_slots_in_use')) === 1);
  await system.modelWorks();
  // In a list: a promise alone would be awaited by the return.
  return [answer];
}

async function health(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${system.gatewayUrl}/health`);
  return { status: response.status, body: await response.json() };
}

async function expectUnavailable(): Promise<void> {
  for (const stream of [false, true]) {
    expect(await errorOf(await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream }))).toMatchObject({
      status: 503,
      ...BACKEND_UNAVAILABLE,
    });
  }
}

describe(`a model process that is killed, on the ${RUNTIME} runtime`, () => {
  it('ends a stream with an error event, and the next request is answered', async () => {
    const stream = await openLongStream();
    killAll(system.modelProcesses());
    expect(await stream.error()).toMatchObject(BACKEND_UNAVAILABLE);
    await expectAnswer(system.gatewayUrl);
  }, 60_000);

  it('has a plain answer written anew once, then makes it a 503, and the next request is answered', async () => {
    const before = await system.metric(system.engineUrl, TRIED_AGAIN);
    const [answer] = await startLongAnswer();
    killAll(system.modelProcesses());
    await until('it is tried again', async () => (await system.metric(system.engineUrl, TRIED_AGAIN)) === before + 1);
    await until('it runs', () => system.modelProcesses().length === 1, 20_000);
    await system.modelWorks();
    killAll(system.modelProcesses());
    expect(await errorOf((await answer)!)).toMatchObject({ status: 503, ...BACKEND_UNAVAILABLE });
    await expectAnswer(system.gatewayUrl);
  }, 60_000);
});

describe('an Ollama that is killed (Ollama only: the embedded runtime has no server of its own)', () => {
  onOllama(
    'ends a stream with an error event',
    async () => {
      const stream = await openLongStream();
      await system.ollama?.kill();
      expect(await stream.error()).toMatchObject(BACKEND_UNAVAILABLE);
    },
    60_000,
  );

  onOllama(
    'is reported while it is down',
    async () => {
      await expectUnavailable();
      expect(await health()).toMatchObject({
        status: 503,
        body: {
          status: 'unhealthy',
          dependencies: { inference_engine: 'up', ollama: 'down' },
          ollama_service: 'down',
          detail: expect.stringContaining('ollama serve'),
        },
      });
      expect((await fetch(`${system.gatewayUrl}/health/ready`)).status).toBe(503);
    },
    60_000,
  );

  onOllama(
    'is used again once it is back',
    async () => {
      await system.ollama?.startAgain();
      await until('all is healthy', async () => (await health()).status === 200, 15_000);
      await expectAnswer(system.gatewayUrl);
    },
    60_000,
  );

  onOllama(
    'while it loads a model makes the request a 503, and is used again once it is back',
    async () => {
      await system.post('/api/generate', { model: SHORT_CHAT.model, keep_alive: 0 });
      const before = system.engine.logs.length;
      const answer = postChat(system.gatewayUrl, SHORT_CHAT);
      await until('it loads', () => system.engine.logs.slice(before).some(({ msg }) => msg === 'loading a model'));
      await system.ollama?.kill();
      expect(await errorOf(await answer)).toMatchObject({ status: 503, ...BACKEND_UNAVAILABLE });
      await system.ollama?.startAgain();
      await until('all is healthy', async () => (await health()).status === 200, 15_000);
      await expectAnswer(system.gatewayUrl);
    },
    60_000,
  );

  onOllama(
    'makes a plain answer a 503',
    async () => {
      const [answer] = await startLongAnswer();
      await system.ollama?.kill();
      expect(await errorOf((await answer)!)).toMatchObject({ status: 503, ...BACKEND_UNAVAILABLE });
      await system.ollama?.startAgain();
      await until('all is healthy', async () => (await health()).status === 200, 15_000);
      await expectAnswer(system.gatewayUrl);
    },
    60_000,
  );
});

describe(`an engine that is frozen, on the ${RUNTIME} runtime`, () => {
  it('ends a stream with an error event, makes a new one a 504, and goes on when it is thawed', async () => {
    const stream = await openLongStream();
    system.engine.signal('SIGSTOP');
    try {
      expect(await stream.error()).toMatchObject({ code: 'inference_timeout', type: 'server_error' });
      const response = await postChat(system.gatewayUrl, { ...SHORT_CHAT, stream: true });
      expect(await errorOf(response)).toMatchObject({ status: 504, code: 'inference_timeout', type: 'server_error' });
    } finally {
      system.engine.signal('SIGCONT');
    }
    await expectAnswer(system.gatewayUrl);
    await until(
      'no slot is left behind',
      async () => (await system.metric(system.engineUrl, 'llm_slots_in_use')) === 0,
    );
  }, 60_000);
});

describe(`an engine that is killed, on the ${RUNTIME} runtime`, () => {
  let modelProcesses: readonly number[] = [];

  it('ends a stream with an error event', async () => {
    modelProcesses = system.modelProcesses();
    const stream = await openLongStream();
    system.engine.signal('SIGKILL');
    expect(await stream.error()).toMatchObject(BACKEND_UNAVAILABLE);
  }, 60_000);

  onEmbedded('takes its model processes with it (embedded only: Ollama keeps its own)', async () => {
    expect(modelProcesses).toHaveLength(1);
    await until('they are gone', () => !modelProcesses.some(runs));
  });

  it('is reported while it is down', async () => {
    await expectUnavailable();
    expect(await health()).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', dependencies: { inference_engine: 'down' }, available_models: [] },
    });
    expect((await fetch(`${system.gatewayUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${system.gatewayUrl}/health/live`)).status).toBe(200);
    expect((await errorOf(await fetch(`${system.gatewayUrl}/v1/models`))).status).toBe(503);
  });

  it('is used again by the same gateway once it is back', async () => {
    await system.startEngineAgain();
    await until('all is healthy', async () => (await health()).status === 200);
    await expectAnswer(system.gatewayUrl);
  }, 60_000);

  it('makes a plain answer a 503', async () => {
    const [answer] = await startLongAnswer();
    system.engine.signal('SIGKILL');
    expect(await errorOf((await answer)!)).toMatchObject({ status: 503, ...BACKEND_UNAVAILABLE });
  }, 60_000);
});
