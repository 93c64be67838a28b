import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OpenAiRuntime } from './openai.runtime.js';

describe('OpenAiRuntime, whose server takes a question and never answers', () => {
  let server: Server;
  let runtime: OpenAiRuntime;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    runtime = new OpenAiRuntime({ baseUrl, apiKey: '', concurrency: 1 });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await runtime.close();
    server.close();
  });

  it('takes it for lost after ten seconds, so that a request can go elsewhere', async () => {
    const described = runtime.describe('m', new AbortController().signal);
    const refused = expect(described).rejects.toMatchObject({ code: 'backend_unavailable', lost: 'runtime' });
    await once(server, 'request');
    await jest.advanceTimersByTimeAsync(10_000);
    await refused;
  });

  it('ends the question with the request', async () => {
    const abort = new AbortController();
    const described = runtime.describe('m', abort.signal);
    const left = new Error('left');
    const refused = expect(described).rejects.toBe(left);
    await once(server, 'request');
    abort.abort(left);
    await refused;
  });
});
