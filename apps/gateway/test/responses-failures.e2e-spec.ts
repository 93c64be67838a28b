import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI, { APIError } from 'openai';
import { backendUnavailable, contextLengthExceeded, rateLimited } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  chatAnswer,
  collectSse,
  deltaChunk,
  endChunks,
  errorAnswer,
  openStream,
  streamThenCut,
  wholeChat,
} from '@local-llm-agent/testing';
import { ask, open, startGateway, type RunningGateway } from './gateway.harness.js';

const PATH = '/v1/responses';
const ASK = { model: 'gemma3', input: 'hi' } as const;
const HELLO = [deltaChunk({ content: 'Hel' }), deltaChunk({ content: 'lo' }), ...endChunks()];

describe('responses', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let client: OpenAI;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { HEARTBEAT_SECONDS: 0.1 } });
    client = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'any', maxRetries: 0 });
  });

  beforeEach(() => {
    engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
  });

  afterAll(async () => {
    expect(engine.faults).toEqual([]);
    await gateway.stop();
    await engine.close();
  });

  describe('that fail', () => {
    it.each<[string, ReturnType<typeof errorAnswer>, number, string | null]>([
      ['a prompt that is too long', errorAnswer(413, contextLengthExceeded(9, 8).toBody()), 400, 'input'],
      ['a limit', errorAnswer(429, rateLimited('slow down', 2).toBody(), { 'retry-after': '2' }), 429, null],
      ['an engine that is busy', errorAnswer(503, backendUnavailable('busy').toBody()), 503, null],
    ])('keep their status before the stream opens: %s', async (_, script, status, param) => {
      engine.answerWith(script);
      for (const stream of [false, true]) {
        const answer = await ask(gateway, { path: PATH, body: { ...ASK, stream } });
        expect([answer.status, (answer.json() as { error: { param: unknown } }).error.param]).toEqual([status, param]);
      }
    });

    it('tell the client in the middle of a stream, so that it throws, and stay under their id', async () => {
      const half = HELLO.slice(0, 1).map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
      const fault = `data: ${JSON.stringify(backendUnavailable('The runtime broke.').toBody())}\n\n`;
      for (const script of [streamThenCut(half.join('')), streamThenCut(half.join('') + fault)]) {
        engine.answerWith(script);
        let failed: OpenAI.Responses.Response | undefined;
        const read = async (): Promise<void> => {
          for await (const event of await client.responses.create({ ...ASK, stream: true })) {
            if (event.type === 'response.failed') failed = event.response;
          }
        };
        await expect(read()).rejects.toBeInstanceOf(APIError);
        expect(failed).toMatchObject({
          status: 'failed',
          error: { code: 'server_error', message: expect.stringMatching(/broke/) },
          output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
        });
        expect(await client.responses.retrieve(failed!.id)).toMatchObject({ status: 'failed', output: failed!.output });
        await expect(client.responses.create({ ...ASK, previous_response_id: failed!.id })).rejects.toMatchObject({
          status: 400,
          param: 'previous_response_id',
        });
      }
    });

    it('reject the final response of the accumulator', async () => {
      engine.answerWith(streamThenCut(`data: ${JSON.stringify(HELLO[0])}\n\n`));
      await expect(client.responses.stream(ASK).finalResponse()).rejects.toThrow(/broke/);
    });

    it('begin with response.created even when only heartbeats came before', async () => {
      engine.answerWith(streamThenCut(': waiting\n\n'));
      const answer = await open(gateway, { path: PATH, body: { ...ASK, stream: true } });
      const events = await collectSse(answer);
      expect(events.map(({ event }) => event)).toEqual([
        'response.created',
        'response.in_progress',
        'response.failed',
        'error',
      ]);
      const last = JSON.parse(events.at(-1)!.data) as object;
      expect(last).toMatchObject({
        type: 'error',
        code: 'backend_unavailable',
        sequence_number: 3,
        error: { code: 'backend_unavailable' },
      });
    });

    it('are kept as cancelled when the client leaves', async () => {
      engine.answerWith(({ res }) => {
        openStream(res);
        res.write(`data: ${JSON.stringify(HELLO[0])}\n\n`);
      });
      const controller = new AbortController();
      const answer = await open(gateway, { path: PATH, body: { ...ASK, stream: true }, signal: controller.signal });
      const [first] = (await once(answer, 'data')) as [Buffer];
      const [, id] = /"id":"(resp_\w+)"/.exec(first.toString()) ?? [];
      answer.on('error', () => undefined);
      controller.abort();
      expect(await engine.lastChat.ended).toBe('cut');
      let kept = await ask(gateway, { path: `${PATH}/${id}` });
      // The engine may notice the end before the gateway has stored it.
      for (let tries = 0; kept.status === 404 && tries < 100; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        kept = await ask(gateway, { path: `${PATH}/${id}` });
      }
      expect(kept.json()).toMatchObject({
        status: 'cancelled',
        output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
      });
    });
  });
});

describe('responses in little memory', () => {
  it('are refused beforehand when they could not be stored, and answered without', async () => {
    const engine = await FakeEngine.start();
    engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
    const gateway = await startGateway(engine.url, { settings: { RESPONSES_MAX_BYTES: 4096 } });
    const body = { ...ASK, input: 'x'.repeat(5000) };
    const refused = await ask(gateway, { path: PATH, body });
    expect([refused.status, refused.json()]).toEqual([400, { error: expect.objectContaining({ param: 'store' }) }]);
    expect(engine.exchanges).toEqual([]);
    expect((await ask(gateway, { path: PATH, body: { ...body, store: false } })).status).toBe(200);
    await gateway.stop();
    await engine.close();
  });
});
