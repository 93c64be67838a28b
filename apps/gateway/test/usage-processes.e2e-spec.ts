import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, plainAnswer } from '@local-llm-agent/testing';
// Here, so that the many first uses of a test do not race for it in Jest's module loader.
import '../src/store/database.factory.js';
import { Store } from '../src/store/store.service.js';
import { ask, askChat, type Answer, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess } from './gateway.process.js';
import { ADMIN_KEY, KeysClient, bearer } from './keys.harness.js';
import { STORES, UsageClient, usagePlace, type UsagePlace } from './usage.harness.js';

/** What may be lost at most. */
const LOST_MS = 1000;
/** Answers that must survive, at least. */
const ENOUGH = 200;
const CLIENTS = 8;

function chat(gateway: GatewayProcess, key = ADMIN_KEY): Promise<Answer> {
  return askChat(gateway as unknown as RunningGateway, {}, bearer(key));
}

/**
 * Asks again and again from several clients until it fails.
 * @param answered gets the moments at which whole answers were there
 */
async function load(gateway: GatewayProcess, answered: number[]): Promise<void> {
  const client = async (): Promise<void> => {
    for (;;) {
      const answer = await chat(gateway).catch(() => undefined);
      if (answer?.status !== 200) return;
      answered.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

describe.each(STORES)('usage of gateway processes in $store', ({ isPostgres, skipped }) => {
  const test = skipped === undefined ? it : it.skip;
  let place: UsagePlace;
  let engine: FakeEngine;
  let settings: Record<string, string>;
  const started: GatewayProcess[] = [];

  beforeAll(async () => {
    engine = await FakeEngine.start();
  });
  beforeEach(async () => {
    if (skipped !== undefined) return;
    engine.answerWith(plainAnswer('hello', { promptTokens: 7, completionTokens: 3 }));
    place = await usagePlace(isPostgres);
    settings = {
      DATA_DIR: place.DATA_DIR,
      ...(place.DATABASE_URL === undefined ? {} : { DATABASE_URL: place.DATABASE_URL }),
      ENGINE_URL: engine.url,
      ADMIN_KEY,
      USAGE: 'on',
    };
  });
  afterEach(async () => {
    // What a test has ended already is not ended again.
    for (const gateway of started.splice(0)) await gateway.stop();
    if (skipped === undefined) await place.remove();
  });
  afterAll(async () => {
    await engine.close();
  });

  async function kept(): Promise<{ listed: number; summed: number }> {
    const store = new Store(place);
    try {
      const db = await store.open();
      const listed = (await db.selectFrom('usage_requests').select('id').execute()).length;
      const days = await db.selectFrom('usage_days').select('requests').execute();
      return { listed, summed: days.reduce((all, { requests }) => all + requests, 0) };
    } finally {
      await store.onModuleDestroy();
    }
  }

  test('loses at most a second of it when one is killed under load', async () => {
    const gateway = await start();
    const answered: number[] = [];
    const loading = load(gateway, answered);
    while (answered.length < ENOUGH) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 1.5 * LOST_MS));
    const killedAt = performance.now();
    await gateway.kill();
    await loading;
    const { listed, summed } = await kept();
    const old = answered.filter((moment) => moment < killedAt - LOST_MS).length;
    expect(old).toBeGreaterThanOrEqual(ENOUGH);
    expect(listed).toBeGreaterThanOrEqual(old);
    // An answer may be recorded and never arrive.
    expect(listed).toBeLessThanOrEqual(answered.length + CLIENTS);
    expect(summed).toBe(listed);
  });

  test('loses nothing of it when one is asked to end', async () => {
    const gateway = await start();
    for (let at = 0; at < 50; at += 1) expect((await chat(gateway)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    expect(await kept()).toEqual({ listed: 50, summed: 50 });
  });

  test('refuses a key whose month is used up, after a restart as well', async () => {
    const before = await start();
    const { key, id } = await new KeysClient(before).create({ tokensPerMonth: 25 });
    for (let at = 0; at < 3; at += 1) expect((await chat(before, key)).status).toBe(200);
    expect((await chat(before, key)).json()).toMatchObject({ error: { code: 'rate_limited' } });
    await before.stop();
    const after = await start();
    // The very first request finds it: nothing has to be read first.
    const refused = await chat(after, key);
    expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('The budget of 25 tokens a month')]);
    const requests = await new UsageClient(after).requests(`key=${id}`);
    const outcomes = requests.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['rate_limited', 'rate_limited', 'ok', 'ok', 'ok']);
    expect(await after.stop()).toBe(0);
  });

  async function start(): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start(settings);
    started.push(gateway);
    return gateway;
  }

  if (!isPostgres) return;

  test('counts the month of a key over two of them', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const { key } = await new KeysClient(one).create({ tokensPerMonth: 1000 });
    while ((await chat(other, key)).status === 401) await new Promise((resolve) => setTimeout(resolve, 50));
    engine.answerWith(plainAnswer('hello', { promptTokens: 1000, completionTokens: 0 }));
    expect((await chat(one, key)).status).toBe(200);
    expect((await chat(one, key)).status).toBe(429);
    // The other one may let in what comes until it knows.
    engine.answerWith(plainAnswer('hello', { promptTokens: 0, completionTokens: 0 }));
    const end = performance.now() + 5000;
    while ((await chat(other, key)).status !== 429) {
      expect(performance.now()).toBeLessThan(end);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const gateway of [one, other]) expect(await gateway.stop()).toBe(0);
  });

  test('lets requests go on while Postgres hangs or is gone, and is complete when it is back', async () => {
    const gateway = await start();
    let asked = 0;
    const askFor = async (ms: number): Promise<void> => {
      const end = performance.now() + ms;
      while (performance.now() < end) {
        const begin = performance.now();
        expect((await chat(gateway)).status).toBe(200);
        // One that waited for the store would wait for its time-outs.
        expect(performance.now() - begin).toBeLessThan(2000);
        asked += 1;
      }
    };
    await askFor(600);
    place.postgres!.freeze();
    try {
      await askFor(6000);
    } finally {
      place.postgres!.thaw();
    }
    await place.postgres!.stop();
    await askFor(1500);
    const { text } = await ask(gateway as unknown as RunningGateway, { path: '/metrics' });
    expect(text).toMatch(/llm_usage_store_up\{service="gateway"\} 0/);
    expect(text).toMatch(/llm_usage_store_failures_total\{service="gateway"\} [1-9]/);
    expect((await new UsageClient(gateway).ask('usage')).json()).toMatchObject({
      error: { code: 'backend_unavailable' },
    });
    await place.postgres!.startAgain();
    await gateway.says(/Usage can be written again/);
    expect(await gateway.stop()).toBe(0);
    expect(await kept()).toEqual({ listed: asked, summed: asked });
  });
});
