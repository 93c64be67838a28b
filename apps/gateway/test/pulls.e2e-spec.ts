import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS, HEADERS, type PullStatus } from '@local-llm-agent/contracts';
import { FakeEngine, type EngineExchange } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

const TIME = '2026-01-20T10:30:00.000Z';

describe('pulls that go on without their client', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let pulls: PullStatus[] = [];
  let orders: unknown[] = [];
  let open: EngineExchange[] = [];

  const json = ({ res }: EngineExchange, body: object): void => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const order = (body: object): ReturnType<typeof ask> =>
    ask(gateway, { method: 'POST', path: '/admin/pulls', body: JSON.stringify(body) });

  beforeAll(async () => {
    engine = await FakeEngine.start();
  });
  beforeEach(async () => {
    [pulls, orders, open] = [[], [], []];
    engine.manage = (exchange) => {
      if (exchange.path === ENGINE_PATHS.pulls) return json(exchange, { pulls });
      if (exchange.path !== ENGINE_PATHS.pull) return json(exchange, pulls[0] ?? {});
      const { model, runtime = 'ollama' } = JSON.parse(exchange.body.toString()) as { model: string; runtime?: string };
      orders.push({ model, runtime });
      const id = String(exchange.headers[HEADERS.requestId]);
      const state = {
        state: 'running',
        step: 'manifest',
        bytesPerSecond: null,
        startedAt: TIME,
        endedAt: null,
      } as const;
      pulls.push({ id, model, runtime, insecure: false, ...state, layers: [] });
      open.push(exchange);
      exchange.res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      exchange.res.write('{"status":"pulling manifest"}\n');
    };
    gateway = await startGateway(engine.url);
  });
  afterEach(async () => {
    await gateway.stop();
    for (const { res } of open) res.destroy();
  });
  afterAll(() => engine.close());

  it('are answered for once they are under way, and are not cut when the answer is there', async () => {
    const answer = await order({ model: 'qwen3:8b', runtime: 'ollama@two' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ model: 'qwen3:8b', runtime: 'ollama@two', state: 'running' });
    const list = await ask(gateway, { path: '/admin/pulls' });
    expect(list.json()).toEqual({ pulls });
    expect(open[0]?.res.destroyed).toBe(false);
  });

  it('are begun once: who asks again sees the one that is under way', async () => {
    const first = (await order({ model: 'qwen3:8b' })).json() as PullStatus;
    const second = (await order({ model: 'qwen3:8b' })).json() as PullStatus;
    expect(second.id).toBe(first.id);
    expect(orders).toHaveLength(1);
    await order({ model: 'qwen3:8b', runtime: 'ollama@two' });
    expect(orders).toHaveLength(2);
  });

  it('end with the gateway that holds them', async () => {
    await order({ model: 'qwen3:8b' });
    const cut = new Promise<void>((resolve) => open[0]?.res.once('close', resolve));
    await gateway.stop();
    await cut;
  });

  it.each([{}, { model: '' }, { model: 7 }, { model: 'a', runtime: 7 }])('are refused for %j', async (body) => {
    const answer = await order(body);
    expect([answer.status, orders]).toEqual([400, []]);
  });
});
