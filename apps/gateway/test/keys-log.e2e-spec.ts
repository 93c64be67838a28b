import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewApiKey } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
import { CHAT, ask, type Question, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess } from './gateway.process.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { askRaw } from './raw.client.js';

describe('the log', () => {
  let engine: FakeEngine;
  let gateway: GatewayProcess;
  let made: NewApiKey;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await GatewayProcess.start({
      DATA_DIR: data.DATA_DIR,
      ENGINE_URL: engine.url,
      ADMIN_KEY,
      LOG_LEVEL: 'trace',
    });
    made = await new KeysClient(gateway).create();
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
  });

  it('never has a key, wherever a client puts it, but the id of it', async () => {
    const placed = (secret: string): Question[] => [
      { body: CHAT, headers: bearer(secret) },
      { body: CHAT, headers: { 'x-api-key': secret } },
      { body: CHAT, headers: { authorization: `Basic ${secret}`, 'x-api-key': `, ${secret}` } },
      { path: '/v1/models', headers: { ...bearer(secret), 'x-request-id': secret } },
      { path: '/v1/models', headers: { 'x-tier': secret, cookie: secret, 'user-agent': secret, referer: secret } },
      { path: `/v1/models?api_key=${secret}`, headers: { 'x-api-key': 'wrong' } },
      { path: `/v1/models/${secret}`, headers: bearer(secret) },
      { path: `/admin/keys/${secret}`, headers: bearer(ADMIN_KEY) },
      { path: `/${secret}/${secret}`, headers: bearer(secret) },
      { body: { ...CHAT, model: secret }, headers: { ...bearer(secret), 'x-tier': secret } },
      { path: `/api/blobs/${secret}`, method: 'HEAD', headers: bearer(secret) },
      { path: '/v1/chat/completions', body: secret, headers: bearer(secret) },
    ];
    for (const question of [...placed(made.key), ...placed(ADMIN_KEY)])
      await ask(gateway as unknown as RunningGateway, question);
    await askRaw(gateway, `NOPE /${made.key} HTTP/1.1\r\nAuthorization: ${made.key}\r\n\r\n`);
    await gateway.stop();
    expect(gateway.output.split('\n').length).toBeGreaterThan(30);
    expect(gateway.output).toContain(`"caller":"${made.id}"`);
    expect(gateway.output).toContain('"caller":"admin-key"');
    expect(gateway.output).toContain(`lla_${made.id}_***`);
    expect(gateway.output).not.toContain(made.key);
    expect(gateway.output).not.toContain(made.key.slice(-20));
    expect(gateway.output).not.toContain(ADMIN_KEY);
  });
});
