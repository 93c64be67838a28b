import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntilReady, warmUp } from './first-answer.mjs';

const CATALOG = { tiers: { small: { defaultModel: 'smollm2' }, main: { defaultModel: 'gpt-oss:20b' } } };

let server;
let gateway;
let routes;
let bodies;
let options;

beforeEach(async () => {
  routes = {};
  bodies = [];
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      if (body) bodies.push(JSON.parse(body));
      const [status, answer] = routes[request.url]?.() ?? [404, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = `http://127.0.0.1:${server.address().port}`;
  options = { catalog: CATALOG, timeoutMs: 5_000, settleMs: 1, say: () => {}, signal: new AbortController().signal };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('waitUntilReady', () => {
  it('waits until the gateway says that it is ready', async () => {
    let asked = 0;
    routes['/health/ready'] = () => [(asked += 1) < 3 ? 503 : 200, {}];
    expect(await waitUntilReady(gateway, options)).toBeUndefined();
    expect(asked).toBe(3);
  });

  it('gives the reason when all parts answer and the system cannot', async () => {
    const detail = 'There is no model.';
    routes['/health/ready'] = () => [503, {}];
    routes['/health'] = () => [503, { status: 'unhealthy', detail, dependencies: { inference_engine: 'up' } }];
    expect(await waitUntilReady(gateway, options)).toBe(detail);
  });

  it('ends with a reason when the time is over', async () => {
    expect(await waitUntilReady(gateway, { ...options, timeoutMs: 100 })).toContain('within 0.1 s');
  });

  it('ends when the system is stopped', async () => {
    await expect(waitUntilReady(gateway, { ...options, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});

describe('warmUp', () => {
  it("asks the small tier's model for one token", async () => {
    routes['/v1/models'] = () => [200, { data: [{ id: 'another' }, { id: 'smollm2' }] }];
    routes['/v1/chat/completions'] = () => [200, {}];
    expect(await warmUp(gateway, options)).toEqual({ model: 'smollm2' });
    expect(bodies).toEqual([expect.objectContaining({ model: 'smollm2', max_tokens: 1 })]);
  });

  it('takes the first model when no default is there', async () => {
    routes['/v1/models'] = () => [200, { data: [{ id: 'another' }] }];
    routes['/v1/chat/completions'] = () => [200, {}];
    expect(await warmUp(gateway, options)).toEqual({ model: 'another' });
  });

  it('tells why the model did not answer', async () => {
    routes['/v1/models'] = () => [200, { data: [{ id: 'smollm2' }] }];
    routes['/v1/chat/completions'] = () => [503, { error: { message: 'Model requires more system memory' } }];
    expect(await warmUp(gateway, options)).toEqual({ model: 'smollm2', problem: 'Model requires more system memory' });
  });

  it('names no model when there is none', async () => {
    routes['/v1/models'] = () => [200, { data: [] }];
    expect(await warmUp(gateway, options)).toEqual({});
  });
});
