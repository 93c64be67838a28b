import { afterEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '@local-llm-agent/config';
import type { ApiKey } from '@local-llm-agent/contracts';
import { CHAT, CHAT_PATH, ask, askChat, open } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { CacheScene, Gate, numbered, until, untilRunning } from './response-cache.harness.js';

const COLD = { temperature: 0 } as const;
const USE = { 'x-cache-control': 'use' } as const;

/** A tier whose limits show what a request has cost. */
const catalogWith = (requestsPerMinute: number, tokensPerMinute: number): string => `
tiers:
  small: { requestsPerMinute: ${requestsPerMinute}, tokensPerMinute: ${tokensPerMinute}, defaultModel: gemma3 }
models: [{ id: gemma3, tier: small }]
`;

const scene = new CacheScene();

describe('the response cache, of callers with keys,', () => {
  const data = dataFolder();
  let keys: KeysClient;

  async function start(settings: Partial<Settings> = {}): Promise<void> {
    await scene.start({ ADMIN_KEY, DATA_DIR: data.DATA_DIR, ...settings });
    keys = new KeysClient(scene.gateway);
  }

  afterEach(() => {
    data.remove();
  });

  const stateOf = async (key: string, headers: Record<string, string> = USE): Promise<unknown> =>
    (await askChat(scene.gateway, COLD, { ...bearer(key), ...headers })).headers['x-cache'];

  it('gives none the answers of another', async () => {
    await start();
    const [ada, bob] = [await keys.create(), await keys.create()];
    expect([await stateOf(ada.key), await stateOf(bob.key)]).toEqual(['miss', 'miss']);
    expect([await stateOf(ada.key), await stateOf(bob.key), await stateOf(ADMIN_KEY)]).toEqual(['hit', 'hit', 'miss']);
  });

  it('lets none share a run of another', async () => {
    await start();
    const gate = new Gate();
    scene.engine.answerWith(numbered({ before: gate.pass }));
    const [ada, bob] = [await keys.create(), await keys.create()];
    const asked = [stateOf(ada.key), stateOf(bob.key)];
    await until(() => scene.engine.exchanges.length === 2);
    gate.open();
    expect(await Promise.all(asked)).toEqual(['miss', 'miss']);
  });

  it('keeps what it has for a key that is rotated', async () => {
    await start();
    const { id, key } = await keys.create();
    expect(await stateOf(key)).toBe('miss');
    const rotated = (await keys.ask('POST', `/${id}/rotate`, {})).json() as { key: string };
    expect(await stateOf(rotated.key)).toBe('hit');
  });

  it('gives all the same answers where the setting says so', async () => {
    await start({ RESPONSE_CACHE_SCOPE: 'all' });
    const [ada, bob] = [await keys.create(), await keys.create()];
    expect([await stateOf(ada.key), await stateOf(bob.key)]).toEqual(['miss', 'hit']);
  });

  it('gives nobody an answer of a model that they may not use', async () => {
    await start({ RESPONSE_CACHE_SCOPE: 'all' });
    const [ada, bob] = [await keys.create(), await keys.create({ models: ['gpt-oss-20b'] })];
    expect(await stateOf(ada.key)).toBe('miss');
    expect((await askChat(scene.gateway, COLD, { ...bearer(bob.key), ...USE })).status).toBe(403);
  });

  it('is used unasked by a key that says so, unless the request says otherwise', async () => {
    await start();
    const { key, cache } = await keys.create({ cache: true });
    expect(cache).toBe(true);
    expect([await stateOf(key, {}), await stateOf(key, {})]).toEqual(['miss', 'hit']);
    expect(await stateOf(key, { 'x-cache-control': 'off' })).toBeUndefined();
  });

  it('is not used by a key that says so, though it is on for all, unless the request asks', async () => {
    await start({ RESPONSE_CACHE: 'on' });
    const { key, id } = await keys.create({ cache: false });
    expect([await stateOf(key, {}), await stateOf(key, {})]).toEqual([undefined, undefined]);
    expect(await stateOf(key)).toBe('miss');
    const changed = (await keys.ask('PATCH', `/${id}`, { cache: null })).json() as ApiKey;
    expect(changed.cache).toBeNull();
    expect(await stateOf(key, {})).toBe('hit');
  });

  it('takes no other word for that term of a key', async () => {
    await start();
    const answer = await keys.ask('POST', '', { name: 'x', cache: 'yes' });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: { param: 'cache' } });
  });
});

describe('what an answer of the response cache costs', () => {
  async function start(requests: number, tokens: number): Promise<void> {
    await scene.start({ RATE_LIMITS: true, RESPONSE_CACHE: 'on' }, catalogWith(requests, tokens));
  }

  const left = async (fields: object = {}): Promise<number> => {
    const probe = await askChat(scene.gateway, { max_tokens: 1, ...fields });
    return Number(probe.headers['x-ratelimit-remaining-tokens']);
  };

  it('is a request', async () => {
    await start(3, 0);
    const statuses = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await askChat(scene.gateway, COLD)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(scene.engine.exchanges.length).toBe(1);
  });

  it.each([false, true])('is no token (stream: %s)', async (stream) => {
    await start(0, 10_000);
    await askChat(scene.gateway, { ...COLD, stream });
    const before = await left();
    for (let turn = 0; turn < 5; turn += 1)
      expect((await askChat(scene.gateway, { ...COLD, stream })).headers['x-cache']).toBe('hit');
    // What the probe itself has used is all that has gone.
    expect(before - (await left())).toBe(10);
  });

  it.each([false, true])('is no token for those who share a run (stream: %s)', async (stream) => {
    await start(0, 10_000);
    const gate = new Gate();
    scene.engine.answerWith(numbered({ before: gate.pass }));
    const asked = [1, 2, 3].map(() => askChat(scene.gateway, { ...COLD, stream }));
    await untilRunning(scene.gateway, 3);
    gate.open();
    await Promise.all(asked);
    const before = await left();
    // One run of 10 tokens, and the probe with what it sets aside.
    expect(10_000 - before).toBeLessThan(30);
    expect(10_000 - before).toBeGreaterThanOrEqual(11);
  });

  it('is the whole run for who is left when the one that began it leaves', async () => {
    await start(0, 10_000);
    const gate = new Gate();
    scene.engine.answerWith(numbered({ completionTokens: 5000, before: gate.pass }));
    const leaver = new AbortController();
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, max_tokens: 2000, stream: true } };
    const first = await open(scene.gateway, { ...question, signal: leaver.signal });
    const second = ask(scene.gateway, question);
    await untilRunning(scene.gateway, 2);
    first.on('error', () => undefined);
    leaver.abort();
    await untilRunning(scene.gateway, 1);
    gate.open();
    expect((await second).headers['x-cache']).toBe('hit');
    expect(await left()).toBeLessThan(5000);
  });

  it('is not counted as tokens in the metrics, but as what it is', async () => {
    await start(0, 0);
    for (let turn = 0; turn < 3; turn += 1) await askChat(scene.gateway, COLD);
    const { text } = await ask(scene.gateway, { path: '/metrics' });
    const value = (name: RegExp): number => Number(name.exec(text)?.[1] ?? 0);
    expect(value(/^gen_ai_server_tokens_total\{[^}]*gen_ai_token_type="output"[^}]*\} (\d+)/m)).toBe(3);
    expect(value(/^llm_response_cache_requests_total\{[^}]*outcome="hit"[^}]*\} (\d+)/m)).toBe(2);
    expect(value(/^llm_response_cache_requests_total\{[^}]*outcome="miss"[^}]*\} (\d+)/m)).toBe(1);
  });
});
