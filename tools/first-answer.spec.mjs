import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntilReady, warmUp } from './first-answer.mjs';

let server;
let gateway;
let routes;
let bodies;
let sentKeys;
let options;

beforeEach(async () => {
  routes = {};
  bodies = [];
  sentKeys = [];
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      if (body) bodies.push(JSON.parse(body));
      sentKeys.push(request.headers.authorization);
      const [status, answer] = routes[request.url]?.() ?? [404, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = `http://127.0.0.1:${server.address().port}`;
  options = { timeoutMs: 5_000, settleMs: 1, say: () => {}, signal: new AbortController().signal };
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
  const missing = [404, { error: { code: 'model_not_found', message: 'There is no model small.' } }];

  it('sends its key, and says so when one is needed that it does not have', async () => {
    routes['/v1/chat/completions'] = () => [401, { error: { message: 'An API key is needed here.' } }];
    expect(await warmUp(gateway, options)).toEqual({ locked: true });
    routes['/v1/chat/completions'] = () => [200, { model: 'a' }];
    expect(await warmUp(gateway, { ...options, key: 'secret' })).toEqual({ model: 'a' });
    expect(sentKeys).toEqual([undefined, 'Bearer secret']);
  });

  it('asks the small tier for one token and names the model that answered', async () => {
    routes['/v1/chat/completions'] = () => [200, { model: 'smollm2' }];
    expect(await warmUp(gateway, options)).toEqual({ model: 'smollm2' });
    expect(bodies).toEqual([expect.objectContaining({ model: 'small', max_tokens: 1 })]);
  });

  it("takes the first model of the list when the tier's default is not there", async () => {
    routes['/v1/models'] = () => [200, { data: [{ id: 'another' }] }];
    routes['/v1/chat/completions'] = () => (bodies.at(-1).model === 'small' ? missing : [200, { model: 'another' }]);
    expect(await warmUp(gateway, options)).toEqual({ model: 'another' });
  });

  it('tells why the model did not answer', async () => {
    routes['/v1/models'] = () => [200, { data: [{ id: 'another' }] }];
    routes['/v1/chat/completions'] = () =>
      bodies.at(-1).model === 'small' ? missing : [503, { error: { message: 'Model requires more system memory' } }];
    expect(await warmUp(gateway, options)).toEqual({ model: 'another', problem: 'Model requires more system memory' });
  });

  it('names no model when there is none', async () => {
    routes['/v1/models'] = () => [200, { data: [] }];
    routes['/v1/chat/completions'] = () => missing;
    expect(await warmUp(gateway, options)).toEqual({});
  });
});
