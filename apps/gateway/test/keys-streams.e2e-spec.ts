import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine } from '@local-llm-agent/testing';
import { ask, open, startGateway, type RunningGateway } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';

/** What is promised for a revocation. */
const EVERYWHERE_MS = 5000;

describe('a stream of events', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let admin: KeysClient;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { DATA_DIR: data.DATA_DIR, ADMIN_KEY } });
    admin = new KeysClient(gateway);
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['is revoked', (id) => admin.revoke(id)],
    ['may not manage any more', (id) => admin.ask('PATCH', `/${id}`, { role: 'inference' })],
    ['is rotated', (id) => admin.ask('POST', `/${id}/rotate`, {})],
    ['expires', (id) => admin.ask('PATCH', `/${id}`, { expiresAt: new Date(Date.now() + 1000).toISOString() })],
  ])('ends when its key %s, and no other one does', async (_, end) => {
    const made = await admin.create({ role: 'admin' });
    const path = '/admin/events';
    const stream = await open(gateway, { path, headers: bearer(made.key) });
    const other = await open(gateway, { path, headers: bearer(ADMIN_KEY) });
    let others = 0;
    other.on('data', () => (others += 1));
    const begin = performance.now();
    await end(made.id);
    stream.resume();
    await new Promise((resolve) => stream.once('end', resolve));
    expect(performance.now() - begin).toBeLessThan(EVERYWHERE_MS);
    expect([401, 403]).toContain((await ask(gateway, { path, headers: bearer(made.key) })).status);
    expect([other.readableEnded, others]).toEqual([false, expect.any(Number)]);
    other.destroy();
  });
});
