import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiKey, ApiKeyList, NewApiKey } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
import { Store } from '../src/store/store.service.js';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, dataFolder } from './keys.harness.js';
import { PostgresServer, ensurePostgres } from './postgres.harness.js';

const missing = ensurePostgres();
const STORES = ['a file', 'Postgres'] as const;

const TERMS = {
  name: 'ada-laptop',
  role: 'inference',
  models: ['gemma3'],
  tiers: ['small'],
  requestsPerMinute: 5,
  tokensPerMinute: 0,
  concurrency: 2,
  tokensPerMonth: 2 ** 40,
  cache: true,
  expiresAt: '2099-01-20T10:30:00.000Z',
} as const;

describe.each(STORES)('/admin/keys with %s', (kind) => {
  const skipped = kind === 'Postgres' && missing !== undefined;
  const test = skipped ? it.skip : it;
  const because = skipped ? ` (skipped: ${missing})` : '';
  const data = dataFolder();
  let postgres: PostgresServer | undefined;
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let admin: KeysClient;

  beforeAll(async () => {
    if (skipped) return;
    if (kind === 'Postgres') postgres = await PostgresServer.start();
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, {
      settings: { ADMIN_KEY, DATA_DIR: data.DATA_DIR, DATABASE_URL: postgres?.url },
    });
    admin = new KeysClient(gateway);
  });
  afterAll(async () => {
    data.remove();
    if (skipped) return;
    await gateway.stop();
    await engine.close();
    await postgres?.remove();
  });

  test(`makes a key with its terms, shows it once, and keeps no more than its hash${because}`, async () => {
    const made = await admin.ask('POST', '', TERMS);
    expect(made.status).toBe(201);
    const { key, ...shown } = made.json() as NewApiKey;
    expect(shown).toEqual({
      ...TERMS,
      id: expect.stringMatching(/^[a-z2-7]{10}$/),
      prefix: `lla_${shown.id}_`,
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: shown.createdAt,
      revokedAt: null,
      lastUsedAt: null,
      previousUntil: null,
    });
    expect((await admin.ask('GET', `/${shown.id}`)).json()).toEqual(shown);
    const listed = await admin.ask('GET');
    const { data: all, required } = listed.json() as ApiKeyList;
    expect(all).toContainEqual(shown);
    expect(required).toBe(true);
    expect(listed.text).not.toContain(key.slice(-43));
    const store = new Store({ DATABASE_URL: postgres?.url, DATA_DIR: data.DATA_DIR });
    const rows = await (await store.open()).selectFrom('api_keys').selectAll().execute();
    await store.onModuleDestroy();
    expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
    expect(rows.find(({ id }) => id === shown.id)?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test(`has terms that may all be left out${because}`, async () => {
    const made = (await admin.ask('POST', '', { name: 'plain', models: null, role: null })).json() as NewApiKey;
    expect(made).toMatchObject({ role: 'inference', models: null, tiers: null, concurrency: null, expiresAt: null });
  });

  test(`changes what is named, takes away what is null and leaves the rest${because}`, async () => {
    const { id } = await admin.create(TERMS);
    const changed = await admin.ask('PATCH', `/${id}`, { models: null, concurrency: 9, role: 'admin', name: 'new' });
    expect([changed.status, changed.json()]).toMatchObject([
      200,
      { ...TERMS, models: null, concurrency: 9, role: 'admin', name: 'new' },
    ]);
    expect((await admin.ask('PATCH', `/${id}`, {})).json()).toMatchObject({ name: 'new', tiers: ['small'] });
  });

  test(`revokes a key once and for good${because}`, async () => {
    const { id } = await admin.create();
    const first = await admin.revoke(id);
    expect(first).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) });
    expect(await admin.revoke(id)).toMatchObject({ revokedAt: first.revokedAt });
    const rotated = await admin.ask('POST', `/${id}/rotate`, {});
    expect([rotated.status, rotated.json()]).toMatchObject([400, { error: { param: 'id' } }]);
  });

  test(`says that a key has expired${because}`, async () => {
    const { id } = await admin.create();
    await admin.ask('PATCH', `/${id}`, { expiresAt: '2020-01-01T00:00:00Z' });
    expect((await admin.ask('GET', `/${id}`)).json()).toMatchObject({ status: 'expired' } satisfies Partial<ApiKey>);
  });

  test(`keeps every change of many at once${because}`, async () => {
    const made = await Promise.all(Array.from({ length: 10 }, (_, index) => admin.create({ name: `many-${index}` })));
    const { data: all } = (await admin.ask('GET')).json() as ApiKeyList;
    expect(
      all
        .filter(({ name }) => name.startsWith('many-'))
        .map(({ id }) => id)
        .sort(),
    ).toEqual(made.map(({ id }) => id).sort());
  });

  test.each([
    ['GET', '/nothing', undefined, 404, 'id'],
    ['PATCH', '/nothing', {}, 404, 'id'],
    ['DELETE', '/nothing', undefined, 404, 'id'],
    ['POST', '/nothing/rotate', {}, 404, 'id'],
    ['POST', '', {}, 400, 'name'],
    ['POST', '', { name: '' }, 400, 'name'],
    ['POST', '', { name: 'two\nlines' }, 400, 'name'],
    ['POST', '', { name: 'a', role: 'root' }, 400, 'role'],
    ['POST', '', { name: 'a', models: [] }, 400, 'models'],
    ['POST', '', { name: 'a', models: ['x', 7] }, 400, 'models[1]'],
    ['POST', '', { name: 'a', model: ['x'] }, 400, 'model'],
    ['POST', '', { name: 'a', tiers: ['huge'] }, 400, 'tiers[0]'],
    ['POST', '', { name: 'a', concurrency: -1 }, 400, 'concurrency'],
    ['POST', '', { name: 'a', tokensPerMonth: 1.5 }, 400, 'tokensPerMonth'],
    ['POST', '', { name: 'a', expiresAt: 'tomorrow' }, 400, 'expiresAt'],
    ['POST', '', { name: 'a', expiresAt: '2099-01-01T00:00:00' }, 400, 'expiresAt'],
    ['POST', '', { name: 'a', expiresAt: '2020-01-01T00:00:00Z' }, 400, 'expiresAt'],
    ['POST', '', { name: 'a', id: 'mine' }, 400, 'id'],
    ['POST', '', { name: 'a', hash: 'x' }, 400, 'hash'],
    ['PATCH', '/nothing', { hash: 'x' }, 400, 'hash'],
    ['POST', '/nothing/rotate', { graceSeconds: 1e9 }, 400, 'graceSeconds'],
  ] as [string, string, object | undefined, number, string][])(
    `refuses %s %s with %j by %d and names %s${because}`,
    async (...given) => {
      const [method, path, body, status, param] = given;
      const answer = await admin.ask(method, path, body);
      expect([answer.status, answer.json()]).toMatchObject([status, { error: { param } }]);
    },
  );

  test(`has no other methods${because}`, async () => {
    const answer = await ask(gateway, { method: 'PUT', path: '/admin/keys', headers: { 'x-api-key': ADMIN_KEY } });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST']);
  });
});
