import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { FakeEngine, chatAnswer, chunksAnswer, deltaChunk, endChunks, wholeChat } from '@local-llm-agent/testing';
import { ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';
import { RedisServer, ensureRedis } from './redis.harness.js';

const PATH = '/v1/responses';
const ASK = { model: 'gemma3', input: 'hi' } as const;
const KEYS = 'local-llm-agent:response:';
/** Longest wait for a store that is away: its time-out and some room for a busy machine. */
const SOON_MS = 4500;

const missing = ensureRedis();
const withRedis = missing === undefined ? describe : describe.skip;

withRedis(`responses in a real Redis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let redis: RedisServer;
  let engine: FakeEngine;
  let gateways: RunningGateway[];
  let client: OpenAI;
  let other: OpenAI;

  beforeAll(async () => {
    redis = await RedisServer.start();
    engine = await FakeEngine.start();
    const settings = { REDIS_URL: redis.url, RESPONSES_TTL_HOURS: 2 };
    gateways = [await startGateway(engine.url, { settings }), await startGateway(engine.url, { settings })];
    [client, other] = gateways.map(
      ({ port }) => new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'any', maxRetries: 0 }),
    ) as [OpenAI, OpenAI];
  });

  beforeEach(() => {
    engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
  });

  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
    await engine.close();
    await redis.stop();
  });

  it('do not keep a gateway from starting without it', async () => {
    const gateway = await startGateway(engine.url, { settings: { REDIS_URL: 'redis://127.0.0.1:9' } });
    expect((await ask(gateway, { path: PATH, body: ASK })).status).toBe(503);
    expect((await ask(gateway, { path: PATH, body: { ...ASK, store: false } })).status).toBe(200);
    await gateway.stop();
  });

  it('are there for every gateway as soon as the client has them', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      engine.answerWith(chunksAnswer([deltaChunk({ content: `turn ${turn}` }), ...endChunks()]));
      const streamed = await client.responses.stream(ASK).finalResponse();
      expect((await other.responses.retrieve(streamed.id)).output_text).toBe(`turn ${turn}`);
      engine.answerWith(chatAnswer(wholeChat({ content: 'next' })));
      const next = await other.responses.create({ ...ASK, previous_response_id: streamed.id });
      const sent = JSON.parse(engine.lastChat.body.toString()) as { messages: unknown[] };
      expect(sent.messages).toEqual([
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: `turn ${turn}` },
        { role: 'user', content: 'hi' },
      ]);
      await client.responses.delete(next.id);
      await expect(other.responses.retrieve(next.id)).rejects.toMatchObject({ status: 404 });
    }
  });

  it('carry long conversations, list their input, and say which part is gone', async () => {
    let last = await client.responses.create({ ...ASK, input: 'turn 0' });
    const first = last;
    for (let turn = 1; turn < 30; turn += 1)
      last = await client.responses.create({ ...ASK, input: `turn ${turn}`, previous_response_id: last.id });
    const sent = JSON.parse(engine.lastChat.body.toString()) as { messages: unknown[] };
    expect(sent.messages.length).toBe(59);
    expect((await other.responses.inputItems.list(last.id)).data).toMatchObject([
      { role: 'user', content: [{ type: 'input_text', text: 'turn 29' }] },
    ]);
    await other.responses.delete(first.id);
    await expect(client.responses.create({ ...ASK, previous_response_id: last.id })).rejects.toMatchObject({
      status: 404,
      param: 'previous_response_id',
      message: expect.stringContaining(first.id),
    });
  });

  it('are kept for the time that is set, counted from their last use', async () => {
    const db = new Redis(redis.url);
    const made = await client.responses.create(ASK);
    const key = KEYS + made.id;
    expect(await db.ttl(key)).toBeGreaterThan(7190);
    await db.expire(key, 60);
    await client.responses.retrieve(made.id);
    expect(await db.ttl(key)).toBeGreaterThan(7190);
    await db.del(key);
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    db.disconnect();
  });

  describe('that is away', () => {
    const within = async (question: Parameters<typeof ask>[1]): Promise<Answer> => {
      const begin = performance.now();
      const answer = await ask(gateways[0]!, question);
      expect(performance.now() - begin).toBeLessThan(SOON_MS);
      return answer;
    };

    /** Every request that needs the store gets an honest 503; one that does not is answered. */
    const expectHonesty = async (): Promise<void> => {
      const asked = engine.exchanges.length;
      const id = `resp_${'0'.repeat(32)}`;
      const answers = await Promise.all([
        within({ path: PATH, body: ASK }),
        within({ path: PATH, body: { ...ASK, stream: true } }),
        within({ path: PATH, body: { ...ASK, store: false, previous_response_id: id } }),
        within({ path: `${PATH}/${id}` }),
        within({ path: `${PATH}/${id}/input_items` }),
        within({ path: `${PATH}/${id}`, method: 'DELETE' }),
      ]);
      for (const answer of answers) {
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
        expect(answer.text).toContain('REDIS_URL');
      }
      expect(engine.exchanges.length).toBe(asked);
      expect((await within({ path: PATH, body: { ...ASK, store: false } })).status).toBe(200);
    };

    const expectRecovery = async (): Promise<void> => {
      const end = Date.now() + 20_000;
      let answer = await ask(gateways[0]!, { path: PATH, body: ASK });
      while (answer.status === 503 && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        answer = await ask(gateways[0]!, { path: PATH, body: ASK });
      }
      expect(answer.status).toBe(200);
    };

    afterEach(expectRecovery);

    it('because it was ended', async () => {
      await redis.stop();
      await expectHonesty();
      await expectHonesty();
      await redis.startAgain();
    });

    it('because it hangs', async () => {
      redis.freeze();
      await expectHonesty();
      const begin = performance.now();
      await expectHonesty();
      // Once it is known, nobody waits for it again.
      expect(performance.now() - begin).toBeLessThan(1000);
      redis.thaw();
    });

    it('from the middle of an answer on: the answer fails rather than claim that it is stored', async () => {
      for (const stream of [false, true]) {
        engine.answerWith(async (exchange) => {
          await redis.stop();
          const script = stream
            ? chunksAnswer([deltaChunk({ content: 'Hello' }), ...endChunks()])
            : chatAnswer(wholeChat({ content: 'Hello' }));
          await script(exchange);
        });
        const answer = await within({ path: PATH, body: { ...ASK, stream } });
        expect(answer.status).toBe(stream ? 200 : 503);
        expect(answer.text).toContain('REDIS_URL');
        if (stream) expect(answer.text).toMatch(/event: response\.failed[^]*event: error\ndata: .*\n\n$/);
        engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
        await redis.startAgain();
        await expectRecovery();
      }
    });
  });
});
