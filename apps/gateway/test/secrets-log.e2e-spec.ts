import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@local-llm-agent/testing';
import { CHAT, ask, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess } from './gateway.process.js';
import { ADMIN_KEY, bearer } from './keys.harness.js';

const ENGINE_TOKEN = 'token-of-the-"tests"-0123456789';
const DATABASE_PASSWORD = 'password-of-the-database';
/** A prompt; no secret of ours, and none of our business. */
const PROMPT = 'the-prompt-of-the-tests';
const REDIS_PASSWORD = 'password%40of-redis';

describe('the log of a gateway whose neighbours are all away', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    const [engine, postgres, redis] = [await freePort(), await freePort(), await freePort()];
    gateway = await GatewayProcess.start({
      ADMIN_KEY,
      ENGINE_TOKEN,
      ENGINE_URL: `http://127.0.0.1:${engine}`,
      DATABASE_URL: `postgres://user:${DATABASE_PASSWORD}@127.0.0.1:${postgres}/db`,
      REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:${redis}`,
      LOG_LEVEL: 'trace',
    });
  });
  afterAll(async () => {
    await gateway.stop();
  });

  it('tells of each of them, but none of the secrets that they are asked with, and no prompt', async () => {
    for (const path of ['/v1/models', '/health', '/admin/keys', '/admin/residency', '/api/tags', `/${ENGINE_TOKEN}`])
      await ask(gateway as unknown as RunningGateway, { path: encodeURI(path), headers: bearer(ADMIN_KEY) });
    for (const path of ['/v1/chat/completions', '/v1/responses', '/api/pull'])
      await ask(gateway as unknown as RunningGateway, {
        path,
        body: { ...CHAT, messages: [{ role: 'user', content: PROMPT }], input: PROMPT },
        headers: bearer(ADMIN_KEY),
      });
    // Bodies that are refused for another reason than their prompt.
    for (const fields of [{ temperature: 'hot' }, { model: 5 }, { messages: [{ role: PROMPT, content: [PROMPT] }] }])
      await ask(gateway as unknown as RunningGateway, {
        path: '/v1/chat/completions',
        body: { messages: [{ role: 'user', content: PROMPT }], ...fields },
        headers: bearer(ADMIN_KEY),
      });
    await gateway.stop();
    expect(gateway.output).toMatch(/inference engine does not answer/);
    expect(gateway.output).toMatch(/Redis is away/);
    expect(gateway.output).toMatch(/Postgres|store of keys|DATABASE_URL/);
    for (const secret of [
      ADMIN_KEY,
      ENGINE_TOKEN,
      JSON.stringify(ENGINE_TOKEN).slice(1, -1),
      DATABASE_PASSWORD,
      PROMPT,
      REDIS_PASSWORD,
      'password@of-redis',
    ])
      expect(gateway.output).not.toContain(secret);
    expect(gateway.output).not.toMatch(/"authorization"/i);
  });
});
