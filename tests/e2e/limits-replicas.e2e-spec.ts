import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, freePort, plainAnswer } from '@local-llm-agent/testing';
import { RedisServer, ensureRedis } from '../../apps/gateway/test/redis.harness.js';
import { SHORT_CHAT, postChat } from './support/chat.js';
import { Program } from './support/program.js';
import { serviceCommand } from './support/system.js';
import { until } from './support/until.js';

const REQUESTS = 300;
const TOKENS = 2000;
const USED = { promptTokens: 13, completionTokens: 7 };
const MOST_ANSWER = 40;
const CATALOG = `
tiers:
  small: { requestsPerMinute: ${REQUESTS}, tokensPerMinute: 0 }
  main: { requestsPerMinute: 0, tokensPerMinute: ${TOKENS} }
`;
/** Far above the 100 ms that a request may wait for Redis, because a busy machine is slow by itself. */
const SOON_MS = 1000;

const missing = ensureRedis();
const withRedis = missing === undefined ? describe : describe.skip;

interface Gateway {
  readonly program: Program;
  readonly url: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-limits-'));
const started: Program[] = [];
let engine: FakeEngine;
let redis: RedisServer;

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1) ?? Number.NaN);
}

/** A gateway process that counts in Redis, and is connected to it. */
async function startGateway(catalog: string, settings: Readonly<Record<string, string>>): Promise<Gateway> {
  const GATEWAY_PORTS = String(await freePort());
  const url = `http://127.0.0.1:${GATEWAY_PORTS}`;
  const file = path.join(folder, `catalog-${GATEWAY_PORTS}.yaml`);
  writeFileSync(file, catalog);
  const program = new Program('gateway', serviceCommand('gateway'), {
    GATEWAY_PORTS,
    ENGINE_URL: engine.url,
    REDIS_URL: redis.url,
    // The store of the checkout is none of theirs.
    DATA_DIR: folder,
    USAGE: 'off',
    RATE_LIMITS: 'on',
    CATALOG: file,
    ...settings,
  });
  started.push(program);
  await program.ready(`${url}/health/live`);
  await until('the gateway counts in Redis', async () => (await metric(url, 'llm_rate_limit_store_up')) === 1);
  return { program, url };
}

async function ask(url: string, tier: string, fields: object = {}): Promise<Response> {
  const response = await postChat(url, { ...SHORT_CHAT, ...fields }, { headers: { 'x-tier': tier } });
  await response.arrayBuffer();
  return response;
}

function count(statuses: readonly number[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const status of statuses) counted[status] = (counted[status] ?? 0) + 1;
  return counted;
}

withRedis(`limits of several gateways on one Redis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(plainAnswer('hello', USED));
    redis = await RedisServer.start();
  });

  afterAll(async () => {
    await Promise.all(started.map((program) => program.stop()));
    await engine.close();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  describe('counted by three processes under load', () => {
    const gateways: Gateway[] = [];

    beforeAll(async () => {
      // Nothing is to be lost while the machine is busy with the load itself.
      for (let index = 0; index < 3; index += 1)
        gateways.push(await startGateway(CATALOG, { REDIS_TIMEOUT_MS: '10000' }));
    });

    it('let exactly as many requests in as the tier allows', async () => {
      const statuses: number[] = [];
      const startedAt = performance.now();
      const client = async (index: number): Promise<void> => {
        const { url } = gateways[index % gateways.length]!;
        for (let turn = 0; turn < 25; turn += 1) statuses.push((await ask(url, 'small')).status);
      };
      await Promise.all(Array.from({ length: 48 }, (_, index) => client(index)));
      expect(performance.now() - startedAt).toBeLessThan(60_000);
      expect(count(statuses)).toEqual({ 200: REQUESTS, 429: 48 * 25 - REQUESTS });
    });

    it('let as many tokens be used as the tier allows, whichever gateway was asked', async () => {
      let allowed = 0;
      const client = async (index: number): Promise<void> => {
        const { url } = gateways[index % gateways.length]!;
        for (let refused = 0; refused < 3;) {
          const { status } = await ask(url, 'main', { max_tokens: MOST_ANSWER });
          if (status === 200) allowed += 1;
          else refused += 1;
        }
      };
      await Promise.all(Array.from({ length: 12 }, (_, index) => client(index)));
      // One at a time until the last tokens cannot be set aside any more.
      for (const { url } of gateways)
        while ((await ask(url, 'main', { max_tokens: MOST_ANSWER })).status === 200) allowed += 1;
      const used = allowed * (USED.promptTokens + USED.completionTokens);
      expect(used).toBeLessThanOrEqual(TOKENS);
      expect(used).toBeGreaterThan(TOKENS - MOST_ANSWER - 40);
    });

    it('tell every client the same of what is left', async () => {
      const answers = await Promise.all(gateways.map(({ url }) => ask(url, 'small')));
      for (const { headers } of answers) {
        expect(headers.get('x-ratelimit-limit-requests')).toBe(String(REQUESTS));
        expect(headers.get('x-ratelimit-remaining-requests')).toBe('0');
      }
    });
  });

  describe.each<[string, () => void | Promise<void>, () => void | Promise<void>]>([
    ['is killed', () => redis.stop(), () => redis.startAgain()],
    ['hangs', () => redis.freeze(), () => redis.thaw()],
  ])('of a gateway whose Redis %s', (_, lose, comeBack) => {
    let gateway: Gateway;

    beforeAll(async () => {
      gateway = await startGateway('tiers: { small: { requestsPerMinute: 5, tokensPerMinute: 0 } }', {});
      // Who asked before is not to count.
      await redis.stop();
      await redis.startAgain();
      await until('Redis is back', async () => (await metric(gateway.url, 'llm_rate_limit_store_up')) === 1);
    });

    /** Waits until the log says so: its lines come through a pipe, later than answers. */
    const logged = (text: string): Promise<number> =>
      until(text, () => gateway.program.logs.some(({ msg }) => String(msg).startsWith(text)));

    it('go on by its own count, soon, with a metric and a log line, and are shared again when Redis is back', async () => {
      const { url } = gateway;
      const losses = await metric(url, 'llm_rate_limit_store_losses_total');
      expect([(await ask(url, 'small')).status, (await ask(url, 'small')).status]).toEqual([200, 200]);
      await lose();
      const statuses: number[] = [];
      for (let index = 0; index < 5; index += 1) {
        const askedAt = performance.now();
        statuses.push((await ask(url, 'small')).status);
        expect(performance.now() - askedAt).toBeLessThan(SOON_MS);
      }
      // What Redis granted before counts here as well.
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      expect(await metric(url, 'llm_rate_limit_store_up')).toBe(0);
      expect(await metric(url, 'llm_rate_limit_store_losses_total')).toBe(losses + 1);
      await logged('Redis is away, limits are counted by this gateway alone: ');
      await comeBack();
      await until('Redis is back', async () => (await metric(url, 'llm_rate_limit_store_up')) === 1, 10_000);
      await logged('Redis is back: limits are counted together with other gateways again.');
      // Redis may have forgotten this minute; the gateway has not.
      expect((await ask(url, 'small')).status).toBe(429);
    });
  });
});
