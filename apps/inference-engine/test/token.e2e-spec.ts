import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { ask, chat, startEngine, type RunningEngine } from './engine.harness.js';

const ENGINE_TOKEN = 'token-of-the-tests-0123456789';
const CATALOG = 'models: [{ id: a, tier: small, memory: 1GiB }]';
const KNOWN = { authorization: `Bearer ${ENGINE_TOKEN}` };

describe.each([true, false])('an engine with a token, token routes before Express: %s', (TOKEN_ROUTES) => {
  let ollama: FakeOllama;
  let engine: RunningEngine;

  beforeAll(async () => {
    ollama = new FakeOllama([{ name: 'a:latest', size: 2 ** 30 }]);
    engine = await startEngine(await ollama.start(), CATALOG, { ENGINE_TOKEN, TOKEN_ROUTES, MEMORY_BUDGET: 2 ** 32 });
  });
  afterAll(async () => {
    await engine.stop();
    await ollama.close();
  });

  it('answers who knows it', async () => {
    expect((await chat(engine, 'a', KNOWN)).status).toBe(200);
    for (const path of [ENGINE_PATHS.models, ENGINE_PATHS.health, ENGINE_PATHS.status])
      expect((await ask(engine, path, undefined, KNOWN)).status).toBe(200);
  });

  it('answers nobody else, on any path', async () => {
    for (const headers of [{}, { authorization: `Bearer ${ENGINE_TOKEN}x` }, { 'x-api-key': ENGINE_TOKEN }]) {
      const answers = [
        await chat(engine, 'a', headers),
        await ask(engine, '/nothing', undefined, headers),
        ...(await Promise.all(
          Object.values(ENGINE_PATHS).flatMap((path) => [
            ask(engine, path, undefined, headers),
            ask(engine, path, { model: 'a' }, headers),
          ]),
        )),
      ];
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      expect(answers[0]!.json()).toMatchObject({
        error: { code: 'invalid_api_key', message: expect.stringMatching(/ENGINE_TOKEN/) },
      });
    }
  });

  it('lets probes and Prometheus in', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      expect((await ask(engine, path)).status).toBe(200);
  });

  it('is asked by no web page, with the token or without', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example' }])
      expect((await chat(engine, 'a', { ...KNOWN, ...headers })).status).toBe(403);
  });
});
