import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { FakeEngine } from '@local-llm-agent/testing';
import { ask, askChat, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';
import { RedisServer, ensureRedis } from './redis.harness.js';
import { numbered } from './response-cache.harness.js';

const KEYS = 'local-llm-agent:answer:*';
const SECRET = 'a prompt that nobody else may read';

/** All is right with it but the name of the model. */
const UNREADABLE_NAME = `${JSON.stringify({
  epoch: '',
  streaming: false,
  contentType: 'application/json',
  servedModel: '%',
  head: {},
})}\n{}`;

const missing = ensureRedis();
const withRedis = missing === undefined ? describe : describe.skip;

withRedis(`the response cache in a real Redis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let redis: RedisServer;
  let db: Redis;
  let engine: FakeEngine;
  let gateways: [RunningGateway, RunningGateway];
  let seed = 0;

  /** A request that nobody asked before, asked of a gateway. */
  const question = (): ((gateway: RunningGateway, fields?: object) => Promise<Answer>) => {
    seed += 1;
    const own = { seed, messages: [{ role: 'user', content: SECRET }] };
    return (gateway, fields = {}) => askChat(gateway, { ...own, ...fields });
  };

  const stateOf = async (answer: Promise<Answer>): Promise<unknown> => {
    const { status, headers } = await answer;
    expect(status).toBe(200);
    return headers['x-cache'];
  };

  const clear = (gateway: RunningGateway): Promise<Answer> =>
    ask(gateway, { method: 'DELETE', path: '/admin/response-cache' });

  /** Asks new questions until the answer to one is found again: Redis is in use. */
  async function untilInUse(gateway: RunningGateway): Promise<void> {
    const end = Date.now() + 20_000;
    for (;;) {
      const put = question();
      await put(gateway);
      if ((await stateOf(put(gateway))) === 'hit') return;
      if (Date.now() > end) throw new Error('Redis did not come back.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  beforeAll(async () => {
    redis = await RedisServer.start();
    db = new Redis(redis.url);
    db.on('error', () => undefined);
    engine = await FakeEngine.start();
    const settings = {
      REDIS_URL: redis.url,
      RESPONSE_CACHE: 'on',
      RESPONSE_CACHE_TTL_SECONDS: 120,
      RESPONSE_CACHE_ENTRY_BYTES: 2000,
      REDIS_TIMEOUT_MS: 300,
    } as const;
    gateways = [await startGateway(engine.url, { settings }), await startGateway(engine.url, { settings })];
  });

  beforeEach(async () => {
    engine.answerWith(numbered());
    for (const gateway of gateways) await untilInUse(gateway);
  });

  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
    db.disconnect();
    await engine.close();
    await redis.stop();
    expect(engine.faults).toEqual([]);
  });

  it.each([false, true])('is one for all gateways (stream: %s)', async (stream) => {
    const put = question();
    const first = await put(gateways[0], { stream });
    const second = await put(gateways[1], { stream });
    expect([first.headers['x-cache'], second.headers['x-cache']]).toEqual(['miss', 'hit']);
    const bare = ({ text }: Answer): string => text.replace(/"(?:id|created)":[^,]+,/g, '');
    expect(bare(second)).toBe(bare(first));
  });

  it('keeps answers for their time, under names that tell nothing of the question', async () => {
    await db.flushall();
    await question()(gateways[0]);
    const names = await db.keys(KEYS);
    expect(names.length).toBe(1);
    const [name = ''] = names;
    expect(name).toMatch(/^local-llm-agent:answer:1:[\w-]{43}$/);
    const left = await db.pttl(name);
    expect(left).toBeGreaterThan(110_000);
    expect(left).toBeLessThanOrEqual(120_000);
    expect(await db.get(name)).not.toContain(SECRET);
  });

  it('keeps nothing that is larger than an entry may be', async () => {
    await db.flushall();
    engine.answerWith(numbered({ text: 'x'.repeat(3000) }));
    const put = question();
    expect([await stateOf(put(gateways[0])), await stateOf(put(gateways[0]))]).toEqual(['miss', 'miss']);
    expect(await db.keys(KEYS)).toEqual([]);
  });

  it.each(['', 'no line', '{"epoch":""}\nrest', '[]\nrest', '{"epoch":0}\n', UNREADABLE_NAME])(
    'takes what it cannot read for nothing: %j',
    async (value) => {
      await db.flushall();
      const put = question();
      await put(gateways[0]);
      const [name = ''] = await db.keys(KEYS);
      await db.set(name, value);
      expect(await stateOf(put(gateways[0]))).toBe('miss');
      expect(await stateOf(put(gateways[1]))).toBe('hit');
    },
  );

  it('goes on without a Redis that is full', async () => {
    await db.config('SET', 'maxmemory', '1');
    const put = question();
    expect([await stateOf(put(gateways[0])), await stateOf(put(gateways[0]))]).toEqual(['miss', 'miss']);
    await db.config('SET', 'maxmemory', '0');
    expect([await stateOf(put(gateways[0])), await stateOf(put(gateways[0]))]).toEqual(['miss', 'hit']);
  });

  it('is emptied for all gateways at once', async () => {
    const asks = [question(), question()] as const;
    for (const put of asks) expect(await stateOf(put(gateways[0]))).toBe('miss');
    expect((await clear(gateways[1])).status).toBe(204);
    for (const put of asks) expect(await stateOf(put(gateways[0]))).toBe('miss');
    for (const put of asks) expect(await stateOf(put(gateways[1]))).toBe('hit');
  });

  it('keeps no answer that was begun before it was emptied', async () => {
    const put = question();
    engine.answerWith(numbered({ before: () => clear(gateways[1]) }));
    expect(await stateOf(put(gateways[0]))).toBe('miss');
    engine.answerWith(numbered());
    expect(await stateOf(put(gateways[0]))).toBe('miss');
  });

  it('does not keep a gateway from starting without it', async () => {
    const settings = { REDIS_URL: 'redis://127.0.0.1:9', RESPONSE_CACHE: 'on' } as const;
    const gateway = await startGateway(engine.url, { settings });
    const put = question();
    expect([await stateOf(put(gateway)), await stateOf(put(gateway))]).toEqual(['miss', 'miss']);
    await gateway.stop();
  });

  describe('that is away', () => {
    afterEach(async () => {
      for (const gateway of gateways) await untilInUse(gateway);
    });

    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const begin = performance.now();
      await work();
      return performance.now() - begin;
    };

    it('because it was ended: every request is answered by the engine', async () => {
      const put = question();
      expect([await stateOf(put(gateways[0])), await stateOf(put(gateways[0]))]).toEqual(['miss', 'hit']);
      await redis.stop();
      const refused = await clear(gateways[0]);
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(refused.text).toContain('REDIS_URL');
      expect([await stateOf(put(gateways[0])), await stateOf(put(gateways[0]))]).toEqual(['miss', 'miss']);
      await redis.startAgain();
    });

    it('because it hangs: one request waits for the bound, and none after it', async () => {
      redis.freeze();
      const put = question();
      expect(await took(async () => expect(await stateOf(put(gateways[0]))).toBe('miss'))).toBeLessThan(2000);
      const rest = await took(async () => {
        for (let turn = 0; turn < 20; turn += 1) expect(await stateOf(put(gateways[0]))).toBe('miss');
      });
      // Twenty that waited would take six seconds.
      expect(rest).toBeLessThan(3000);
      redis.thaw();
    });

    it('from the middle of an answer on', async () => {
      engine.answerWith(numbered({ before: () => redis.stop() }));
      expect(await stateOf(question()(gateways[0]))).toBe('miss');
      engine.answerWith(numbered());
      await redis.startAgain();
    });
  });
});
