import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineHealth } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer, streamAnswer } from '@local-llm-agent/testing';
import { ask, askChat, startGateway, type RunningGateway } from './gateway.harness.js';

const HEALTHY: EngineHealth = { status: 'healthy', runtimes: { ollama: 'up' }, models: ['gemma3'] };

describe('operations of the gateway', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { RATE_LIMITS: true } });
  });

  afterEach(() => {
    engine.health = HEALTHY;
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
  });

  describe('GET /health', () => {
    it('has the fields of both documents when all is well', async () => {
      const answer = await ask(gateway, { path: '/health', headers: { 'x-request-id': 'probe-1' } });
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({
        status: 'healthy',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        dependencies: { inference_engine: 'up', ollama: 'up' },
        ollama_service: 'up',
        default_model: 'gpt-oss:20b',
        available_models: ['gemma3'],
        litellm_enabled: true,
      });
      expect(engine.controlIds.at(-1)).toBe('probe-1');
    });

    it('says not_used for Ollama where another runtime serves', async () => {
      engine.health = { status: 'healthy', runtimes: { embedded: 'up' }, models: [] };
      expect((await ask(gateway, { path: '/health' })).json()).toMatchObject({
        ollama_service: 'not_used',
        dependencies: { inference_engine: 'up', embedded: 'up' },
      });
    });

    it('is 200 and says why when degraded', async () => {
      engine.health = { status: 'degraded', detail: 'No model is installed.', runtimes: { ollama: 'up' }, models: [] };
      const answer = await ask(gateway, { path: '/health' });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ status: 'degraded', detail: 'No model is installed.' });
    });

    it('is 503 when the runtime is down', async () => {
      engine.health = {
        status: 'unhealthy',
        detail: 'Ollama does not answer.',
        runtimes: { ollama: 'down' },
        models: [],
      };
      const answer = await ask(gateway, { path: '/health' });
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({
        status: 'unhealthy',
        detail: 'Ollama does not answer.',
        dependencies: { inference_engine: 'up', ollama: 'down' },
        ollama_service: 'down',
      });
    });

    it('is 503 when the engine is down', async () => {
      engine.health = undefined;
      const answer = await ask(gateway, { path: '/health' });
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({
        status: 'unhealthy',
        detail: expect.stringContaining(engine.url),
        dependencies: { inference_engine: 'down' },
        available_models: [],
      });
    });

    it('is 503 when something else answers in the place of the engine', async () => {
      engine.health = 'hello' as unknown as EngineHealth;
      const answer = await ask(gateway, { path: '/health' });
      expect([answer.status, answer.json()]).toEqual([503, expect.objectContaining({ status: 'unhealthy' })]);
    });
  });

  describe('probes', () => {
    it('are live and ready when the engine can answer', async () => {
      for (const path of ['/health/live', '/health/ready']) {
        const answer = await ask(gateway, { path });
        expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
      }
    });

    it('are live and not ready without the engine', async () => {
      engine.health = undefined;
      expect((await ask(gateway, { path: '/health/live' })).status).toBe(200);
      const ready = await ask(gateway, { path: '/health/ready' });
      expect(ready.status).toBe(503);
      expect(ready.json()).toMatchObject({ status: 'error', error: { inference_engine: { status: 'down' } } });
    });

    it('are live and not ready while the gateway drains', async () => {
      const draining = await startGateway(engine.url);
      try {
        draining.edge.drain();
        expect((await ask(draining, { path: '/health/live' })).status).toBe(200);
        expect((await ask(draining, { path: '/health/ready' })).status).toBe(503);
        const health = await ask(draining, { path: '/health' });
        expect([health.status, health.json()]).toEqual([
          503,
          expect.objectContaining({ status: 'unhealthy', detail: 'The gateway is shutting down.' }),
        ]);
      } finally {
        await draining.stop();
      }
    });
  });

  describe('GET /v1/models', () => {
    it('lists what the engine serves in the shape of OpenAI', async () => {
      const answer = await ask(gateway, { path: '/v1/models' });
      expect([answer.status, answer.json()]).toEqual([
        200,
        { object: 'list', data: [{ id: 'gemma3', object: 'model', created: 1_706_000_000, owned_by: 'ollama' }] },
      ]);
    });

    it('shows one model, also with slashes or an encoded id', async () => {
      const [model] = engine.models as Exclude<FakeEngine['models'], string>;
      engine.models = [model!, { ...model!, id: 'hf.co/team/model:q4' }];
      for (const path of ['hf.co/team/model:q4', 'hf.co%2Fteam%2Fmodel%3Aq4']) {
        const answer = await ask(gateway, { path: `/v1/models/${path}` });
        expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ id: 'hf.co/team/model:q4' })]);
      }
      engine.models = [model!];
    });

    it('says 404 model_not_found for what there is not', async () => {
      const answer = await ask(gateway, { path: '/v1/models/none' });
      expect([answer.status, answer.json()]).toEqual([
        404,
        {
          error: {
            code: 'model_not_found',
            message: "There is no model 'none'. GET /v1/models lists those there are.",
            type: 'invalid_request_error',
            param: 'model',
          },
        },
      ]);
    });

    it.each(['<html>not the engine</html>', '{"models":5}', '{}', 'null'])(
      'is 503 when the engine answers %s',
      async (body) => {
        const { models } = engine;
        engine.models = body;
        const answer = await ask(gateway, { path: '/v1/models' });
        engine.models = models;
        expect([answer.status, answer.json()]).toEqual([
          503,
          { error: expect.objectContaining({ code: 'backend_unavailable' }) },
        ]);
      },
    );

    it('is 503 without the engine', async () => {
      const lonely = await startGateway('http://127.0.0.1:1');
      try {
        const answer = await ask(lonely, { path: '/v1/models' });
        expect([answer.status, answer.json()]).toEqual([
          503,
          { error: expect.objectContaining({ code: 'backend_unavailable' }) },
        ]);
      } finally {
        await lonely.stop();
      }
    });
  });

  describe('GET /metrics', () => {
    const read = async (): Promise<string> => (await ask(gateway, { path: '/metrics' })).text;

    it('counts requests, tokens and decisions of the limits', async () => {
      engine.answerWith(streamAnswer(['a', 'b'], { model: 'gemma3', promptTokens: 11, completionTokens: 5 }));
      await askChat(gateway, { stream: true });
      engine.answerWith(errorAnswer(503, ''));
      await askChat(gateway);
      const text = await read();
      const labels = 'gen_ai_response_model="gemma3",tier="small"';
      expect(text).toContain(`gen_ai_server_tokens_total{gen_ai_token_type="input",${labels},service="gateway"} 11`);
      expect(text).toContain(`gen_ai_server_tokens_total{gen_ai_token_type="output",${labels},service="gateway"} 5`);
      expect(text).toContain(`gen_ai_server_time_to_first_token_seconds_count{service="gateway",${labels}} 1`);
      expect(text).toContain(`gen_ai_server_time_per_output_token_seconds_count{service="gateway",${labels}} 1`);
      expect(text).toMatch(
        /gen_ai_server_request_duration_seconds_count\{service="gateway",gen_ai_response_model="none",tier="small",status="503"\} 1/,
      );
      expect(text).toContain('http_requests_total{method="POST",status="200",service="gateway"} 1');
      expect(text).toContain(
        'llm_rate_limit_decisions_total{tier="small",decision="allowed",limit="none",service="gateway"} 2',
      );
      expect(text).toContain('llm_requests_in_flight{service="gateway"} 0');
      expect(text).toContain('process_cpu_seconds_total');
    });

    it('never takes a label from the text of a client', async () => {
      engine.answerWith(plainAnswer('a'));
      const mark = 'zzz-from-client';
      await askChat(gateway, { model: mark }, { 'x-request-id': mark, 'user-agent': mark });
      await askChat(gateway, { model: mark }, { 'x-tier': mark });
      await ask(gateway, { path: `/${mark}?${mark}`, method: 'PROPFIND' });
      const answer = await ask(gateway, { path: '/metrics' });
      expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(answer.text).not.toContain(mark);
      expect(answer.text).not.toContain('PROPFIND');
    });
  });
});
