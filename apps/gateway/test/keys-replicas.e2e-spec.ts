import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, chatAnswer, wholeChat } from '@local-llm-agent/testing';
import { ask, askChat, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess, runKeysCommandLine } from './gateway.process.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { PostgresServer, ensurePostgres } from './postgres.harness.js';

/** What is promised for a revocation on all replicas. */
const EVERYWHERE_MS = 5000;

const missing = ensurePostgres();
const withPostgres = missing === undefined ? describe : describe.skip;

function askStatus(gateway: GatewayProcess, key: string): Promise<number> {
  return askChat(gateway as unknown as RunningGateway, {}, bearer(key)).then(({ status }) => status);
}

/** Milliseconds until the gateway answers the key with the status. */
async function timeUntil(gateway: GatewayProcess, key: string, status: number): Promise<number> {
  const begin = performance.now();
  while ((await askStatus(gateway, key)) !== status) {
    if (performance.now() - begin > 4 * EVERYWHERE_MS) throw new Error(`The gateway never answered ${status}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return performance.now() - begin;
}

withPostgres(`keys of two gateways on one Postgres${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let postgres: PostgresServer;
  let engine: FakeEngine;
  let gateways: [GatewayProcess, GatewayProcess];
  let admin: KeysClient;
  let settings: Record<string, string>;

  beforeAll(async () => {
    postgres = await PostgresServer.start();
    engine = await FakeEngine.start();
    settings = { DATABASE_URL: postgres.url, ENGINE_URL: engine.url, ADMIN_KEY };
    gateways = await Promise.all([GatewayProcess.start(settings), GatewayProcess.start(settings)]);
    admin = new KeysClient(gateways[0]);
  });
  beforeEach(() => {
    engine.answerWith(chatAnswer(wholeChat({ content: 'hello' })));
  });
  afterAll(async () => {
    for (const gateway of gateways) expect(await gateway.stop()).toBe(0);
    await engine.close();
    await postgres.remove();
  });

  it('are good on both within five seconds, and revoked on both', async () => {
    const { key, id } = await admin.create();
    expect(await askStatus(gateways[0], key)).toBe(200);
    expect(await timeUntil(gateways[1], key, 200)).toBeLessThan(EVERYWHERE_MS);
    await admin.revoke(id);
    expect(await askStatus(gateways[0], key)).toBe(401);
    expect(await timeUntil(gateways[1], key, 401)).toBeLessThan(EVERYWHERE_MS);
  });

  it('are changed by the command line while the gateways run', async () => {
    const made = await runKeysCommandLine(['create', 'cli', '--models', 'gemma3', '--json'], settings);
    const { key, id } = JSON.parse(made.out) as { key: string; id: string };
    const times = await Promise.all(gateways.map((gateway) => timeUntil(gateway, key, 200)));
    await runKeysCommandLine(['revoke', id], settings);
    times.push(...(await Promise.all(gateways.map((gateway) => timeUntil(gateway, key, 401)))));
    expect(Math.max(...times)).toBeLessThan(EVERYWHERE_MS);
  });

  it('that are known go on working while Postgres is away, and a change is seen when it is back', async () => {
    const { key, id } = await admin.create();
    await timeUntil(gateways[1], key, 200);
    await postgres.stop();
    for (const gateway of gateways) {
      await gateway.says(/The store of keys does not answer[^]*keys that are known go on working/);
      expect(await askStatus(gateway, key)).toBe(200);
      expect(await askStatus(gateway, `${key}x`)).toBe(401);
      const { text } = await ask(gateway as unknown as RunningGateway, { path: '/metrics' });
      expect(text).toMatch(/llm_key_store_up\{service="gateway"\} 0/);
      expect(text).toMatch(/llm_key_store_failures_total\{service="gateway"\} [1-9]/);
    }
    const refused = await admin.ask('POST', '', { name: 'while it is away' });
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ error: { code: 'backend_unavailable' } });
    await postgres.startAgain();
    await Promise.all(gateways.map((gateway) => gateway.says(/The store of keys is back/)));
    await admin.revoke(id);
    expect(await timeUntil(gateways[1], key, 401)).toBeLessThan(EVERYWHERE_MS);
  });

  it('that are known go on working while Postgres hangs', async () => {
    const { key, id } = await admin.create();
    await timeUntil(gateways[1], key, 200);
    const before = gateways.map(({ output }) => output.split('does not answer').length);
    postgres.freeze();
    try {
      const end = Date.now() + 3 * EVERYWHERE_MS;
      while (gateways.some(({ output }, at) => output.split('does not answer').length <= before[at]!)) {
        expect(Date.now()).toBeLessThan(end);
        const begin = performance.now();
        for (const gateway of gateways) expect(await askStatus(gateway, key)).toBe(200);
        // No request waits for the store.
        expect(performance.now() - begin).toBeLessThan(2000);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      postgres.thaw();
    }
    const { revokedAt } = await admin.revoke(id);
    expect(revokedAt).toEqual(expect.any(String));
    expect(await timeUntil(gateways[1], key, 401)).toBeLessThan(EVERYWHERE_MS);
  });

  it('are not known to a gateway that starts while Postgres is away: it lets ADMIN_KEY in and nobody else', async () => {
    const { key } = await admin.create();
    await postgres.stop();
    const late = await GatewayProcess.start(settings);
    try {
      expect(await askStatus(late, ADMIN_KEY)).toBe(200);
      expect(await askStatus(late, key)).toBe(503);
      expect(await askStatus(late, 'wrong')).toBe(503);
      const statusOf = async (path: string): Promise<number> =>
        (await ask(late as unknown as RunningGateway, { path })).status;
      expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 503]);
      await postgres.startAgain();
      await late.says(/The store of keys is back/);
      expect(await askStatus(late, key)).toBe(200);
      expect(await askStatus(late, 'wrong')).toBe(401);
      expect(await statusOf('/health/ready')).toBe(200);
    } finally {
      await late.stop();
    }
  });
});

describe('keys in a file', () => {
  it('made by the command line close a gateway that runs, and the last one that goes opens it', async () => {
    const engine = await FakeEngine.start();
    const data = dataFolder();
    const settings = { DATA_DIR: data.DATA_DIR, ENGINE_URL: engine.url };
    const gateway = await GatewayProcess.start(settings);
    try {
      expect(await askStatus(gateway, 'none')).toBe(200);
      const made = await runKeysCommandLine(['create', 'first', '--role', 'admin', '--json'], settings);
      const { key, id } = JSON.parse(made.out) as { key: string; id: string };
      expect(await timeUntil(gateway, 'none', 401)).toBeLessThan(EVERYWHERE_MS);
      expect(await askStatus(gateway, key)).toBe(200);
      await runKeysCommandLine(['revoke', id], settings);
      expect(await timeUntil(gateway, key, 401)).toBeLessThan(EVERYWHERE_MS);
      // A key that was revoked still keeps the gateway closed.
      expect(await askStatus(gateway, 'none')).toBe(401);
      expect((await runKeysCommandLine(['remove', id], settings)).out).toContain('forgotten');
      expect(await timeUntil(gateway, 'none', 200)).toBeLessThan(EVERYWHERE_MS);
    } finally {
      await gateway.stop();
      await engine.close();
      data.remove();
    }
  });
});
