import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewApiKey } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
import { CHAT, ask, type Question, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess } from './gateway.process.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';

/** Refusals of a flood, and most warnings of them in a minute with some room for the turn of a minute. */
const FLOOD = 400;
const MOST_WARNINGS = 200;

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

describe('what an operator can find out of requests that were refused', () => {
  let engine: FakeEngine;
  let gateway: GatewayProcess & RunningGateway;
  let admin: KeysClient;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = (await GatewayProcess.start({
      DATA_DIR: data.DATA_DIR,
      ENGINE_URL: engine.url,
      ADMIN_KEY,
      METRICS_ACCESS: 'open',
      TRUST_PROXY: '1',
    })) as GatewayProcess & RunningGateway;
    admin = new KeysClient(gateway);
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
  });

  let count = 0;

  /** Asks, and gives the lines of the log about it with the status. */
  async function askAndRead(question: Question): Promise<{ status: number; warning: Line; line: Line }> {
    const id = `refusal-${(count += 1)}`;
    const { status } = await ask(gateway, {
      ...question,
      headers: { 'x-forwarded-for': '192.0.2.7', ...question.headers, 'x-request-id': id },
    });
    await gateway.says(new RegExp(`${id}"[^\\n]*"msg":"answered"`));
    const lines = gateway.output.split('\n').filter((text) => text.includes(`"${id}"`));
    const [warning, line] = lines.map((text) => JSON.parse(text) as Line);
    return { status, warning: warning!, line: line! };
  }

  async function counted(metric: string, reason: string): Promise<number> {
    const { text } = await ask(gateway, { path: '/metrics' });
    return Number(new RegExp(`^${metric}\\{reason="${reason}",[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  const keyWith = (key: string): Question => ({ body: CHAT, headers: bearer(key) });

  it.each<[string, string, () => Promise<{ question: Question; made?: NewApiKey }>]>([
    ['without a key', 'missing', () => Promise.resolve({ question: { body: CHAT } })],
    ['with a key of somebody else', 'unknown', () => Promise.resolve({ question: keyWith('sk-0123456789abcdef') })],
    [
      'with a key that was revoked',
      'revoked',
      async () => {
        const made = await admin.create();
        await admin.revoke(made.id);
        return { question: keyWith(made.key), made };
      },
    ],
    [
      'with a key that has expired',
      'expired',
      async () => {
        const expiresAt = new Date(Date.now() + 300).toISOString();
        const made = await admin.create({ expiresAt });
        await new Promise((resolve) => setTimeout(resolve, 310));
        return { question: keyWith(made.key), made };
      },
    ],
    [
      'with the text of a key before its rotation',
      'replaced',
      async () => {
        const made = await admin.create();
        await admin.ask('POST', `/${made.id}/rotate`, { graceSeconds: 1 });
        await new Promise((resolve) => setTimeout(resolve, 1010));
        return { question: keyWith(made.key), made };
      },
    ],
  ])('is why, from where and with which key it came: one %s', async (_, reason, prepare) => {
    const { question, made } = await prepare();
    const before = await counted('llm_key_refusals_total', reason);
    const { status, warning, line } = await askAndRead(question);
    expect(status).toBe(401);
    const told = { reason, client: '192.0.2.7', status: 401, ...(made ? { key: made.id } : {}) };
    expect(warning).toMatchObject({ ...told, level: 'warn', code: 'invalid_api_key' });
    expect(line).toMatchObject({ ...told, level: 'info' });
    expect(await counted('llm_key_refusals_total', reason)).toBe(before + 1);
    if (made) expect(gateway.output).not.toContain(made.key.slice(-30));
    else expect(warning).not.toHaveProperty('key');
  });

  it.each<[string, object, Question, object]>([
    ['role', {}, { path: '/admin/keys' }, {}],
    ['model', { models: ['gpt-oss'] }, { body: CHAT }, { param: 'model' }],
    ['tier', { tiers: ['small'] }, { body: CHAT, headers: { 'x-tier': 'main' } }, { param: 'X-Tier' }],
    ['origin', {}, { body: CHAT, headers: { origin: 'https://evil.example' } }, { param: 'Origin' }],
    ['host', {}, { body: CHAT, headers: { host: 'evil.example' } }, { param: 'Host' }],
  ])('is that what was asked for is not allowed: its %s', async (reason, terms, question, told) => {
    const { key, id } = await admin.create(terms);
    const before = await counted('llm_permission_refusals_total', reason);
    const { status, warning } = await askAndRead({ ...question, headers: { ...bearer(key), ...question.headers } });
    expect(status).toBe(403);
    // Who asks is looked at after where the page is from.
    const who = reason === 'origin' || reason === 'host' ? { client: '192.0.2.7' } : { caller: id };
    expect(warning).toMatchObject({ level: 'warn', code: 'permission_denied', reason, ...who, ...told });
    expect(await counted('llm_permission_refusals_total', reason)).toBe(before + 1);
  });

  it('is all of a flood in the metrics, and no flood in the log', async () => {
    const warnings = (): number => gateway.output.split('"level":"warn"').length - 1;
    const [counter, before] = [await counted('llm_key_refusals_total', 'missing'), warnings()];
    for (let tries = 0; tries < FLOOD; tries += 50)
      await Promise.all(Array.from({ length: 50 }, () => ask(gateway, { path: '/v1/models' })));
    await gateway.says(/no more of them have a warning in this minute/);
    expect(await counted('llm_key_refusals_total', 'missing')).toBe(counter + FLOOD);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(warnings() - before).toBeLessThanOrEqual(MOST_WARNINGS);
  });
});
