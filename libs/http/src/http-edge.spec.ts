import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { invalidRequest, rateLimited, type ApiError } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import { readBody } from './body.reader.js';
import { HttpEdge } from './http-edge.js';
import { contextOf, type RequestContext } from './request-context.js';

type Route = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

const MIB = 2 ** 20;

describe('the HTTP edge', () => {
  const log = { info: jest.fn(), warn: jest.fn(), error: jest.fn(), isLevelEnabled: () => true };
  let server: Server;
  let port: number;
  let edge: HttpEdge;
  let route: Route;
  let done: Promise<{ context: RequestContext; status: number; seconds: number }>;

  beforeEach(async () => {
    for (const mock of [log.info, log.warn, log.error]) mock.mockClear();
    done = new Promise((resolve) => {
      edge = new HttpEdge(log as unknown as Logger, {
        errorBody: (error: ApiError) => JSON.stringify(error.toBody()),
        errorEvent: (error: ApiError) => `data: ${error.code}\n\n`,
        done: (context, status, seconds) => {
          resolve({ context, status, seconds });
        },
      });
    });
    server = createServer((req, res) => {
      edge.open(req, res);
      Promise.resolve()
        .then(() => route(req, res))
        .catch((error: unknown) => {
          edge.fail(error, req, res);
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function ask(
    options: RequestOptions = {},
    body = '',
  ): Promise<{
    status: number | undefined;
    headers: IncomingMessage['headers'];
    text: string;
    reason: string | undefined;
  }> {
    const req = request({ host: '127.0.0.1', port, agent: false, ...options });
    req.end(body);
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString('utf8');
    return { status: answer.statusCode, headers: answer.headers, text, reason: answer.statusMessage };
  }

  it('opens a context with the path without its query, and stamps id, latency and tier on the head', async () => {
    route = (_, res) => {
      contextOf(res).tier = 'small';
      res.end('ok');
    };
    const { headers } = await ask({ path: '/a/b?secret=1', headers: { 'x-request-id': 'mine' } });
    expect(headers).toMatchObject({
      'x-request-id': 'mine',
      'x-tier': 'small',
      'x-latency-ms': expect.stringMatching(/^\d+$/),
    });
    const { context, status, seconds } = await done;
    expect(context).toMatchObject({ id: 'mine', method: 'GET', path: '/a/b', tier: 'small' });
    expect(status).toBe(200);
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(context.firstByteAt).toBeGreaterThanOrEqual(context.startedAt);
  });

  it.each<{ given: string; writeOn: (res: ServerResponse) => ServerResponse }>([
    { given: 'an object', writeOn: (res) => res.writeHead(201, { 'x-own': '1' }) },
    { given: 'names and values in turn', writeOn: (res) => res.writeHead(201, ['x-own', '1']) },
    { given: 'a reason and an object', writeOn: (res) => res.writeHead(201, 'Made', { 'x-own': '1' }) },
    { given: 'headers set before', writeOn: (res) => res.setHeader('x-own', '1').writeHead(201) },
  ])('keeps the headers of a route given as $given', async ({ writeOn }) => {
    route = (_, res) => {
      writeOn(res).end();
    };
    const { status, headers } = await ask();
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'x-own': '1', 'x-request-id': expect.any(String) });
  });

  it('keeps the reason of a status', async () => {
    route = (_, res) => {
      res.writeHead(201, 'Made').end();
    };
    expect((await ask()).reason).toBe('Made');
  });

  it('answers what a route throws, with its headers, and logs it once as a warning', async () => {
    route = () => {
      throw rateLimited('slow down', 7);
    };
    const { status, headers, text } = await ask({ headers: { 'x-request-id': 'mine' } });
    expect(status).toBe(429);
    expect(headers).toMatchObject({
      'retry-after': '7',
      'x-error-origin': 'gateway',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'rate_limited', message: 'slow down' } });
    await done;
    expect(log.error).not.toHaveBeenCalled();
    expect(log.warn.mock.calls).toEqual([
      [expect.objectContaining({ requestId: 'mine', status: 429, code: 'rate_limited' }), 'slow down'],
    ]);
    expect(log.info.mock.calls).toEqual([[expect.objectContaining({ requestId: 'mine', status: 429 }), 'answered']]);
  });

  it('hides an unknown throw from the client and shows its cause to the log', async () => {
    const cause = new Error('secret path');
    route = () => {
      throw cause;
    };
    const { status, text } = await ask();
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal_error', type: 'server_error', param: null } });
    expect(log.error.mock.calls).toEqual([[expect.objectContaining({ err: cause }), expect.any(String)]]);
  });

  it('answers once when a route fails twice', async () => {
    route = (req, res) => {
      edge.fail(invalidRequest('first'), req, res);
      edge.fail(invalidRequest('second'), req, res);
    };
    expect((await ask()).text).toContain('first');
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  it('does not touch an answer that is complete', async () => {
    route = (_, res) => {
      res.end('all of it');
      throw new Error('too late');
    };
    expect((await ask()).text).toBe('all of it');
    expect(log.error).not.toHaveBeenCalled();
  });

  it('ends a stream with an error event', async () => {
    route = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: one\n\n');
      throw rateLimited('x', 1);
    };
    expect((await ask()).text).toBe('data: one\n\ndata: rate_limited\n\n');
  });

  it('cuts any other answer that fails in the middle', async () => {
    route = (_, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.write('{');
      throw new Error('broken');
    };
    await expect(ask()).rejects.toThrow(/aborted|socket hang up/);
  });

  it('counts a client that leaves before its answer as 499', async () => {
    route = () => undefined;
    const req = request({ host: '127.0.0.1', port, agent: false });
    req.on('error', () => undefined);
    req.end();
    await once(server, 'request');
    req.destroy();
    expect((await done).status).toBe(499);
    expect(log.info.mock.calls).toEqual([[expect.objectContaining({ status: 499 }), 'client left']]);
  });

  it('answers a failure although nobody opened the request', async () => {
    server.removeAllListeners('request');
    server.on('request', (req, res) => {
      edge.fail(invalidRequest('no'), req, res);
    });
    const { status, headers } = await ask();
    expect([status, headers['x-request-id']]).toEqual([400, expect.any(String)]);
  });

  it('asks to close connections once it drains', async () => {
    route = (_, res) => {
      res.end('ok');
    };
    const keepAlive = { headers: { connection: 'keep-alive' } };
    expect(edge.draining).toBe(false);
    expect((await ask(keepAlive)).headers.connection).toBe('keep-alive');
    edge.drain();
    expect(edge.draining).toBe(true);
    expect((await ask(keepAlive)).headers.connection).toBe('close');
  });

  describe('refusing a long upload', () => {
    const refuse: Route = async (req, res) => {
      await readBody(req, { mostBytes: MIB, mostSeconds: 30 });
      res.end('accepted');
    };

    /** Sends all of the body before it reads anything, as simple clients do. */
    async function uploadAll(head: string, bytes: number, chunked: boolean): Promise<string> {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      const broken = once(socket, 'error').then(([error]) => Promise.reject(error as Error));
      broken.catch(() => undefined);
      const write = async (data: string | Buffer): Promise<void> => {
        if (!socket.write(data)) await Promise.race([once(socket, 'drain'), broken]);
      };
      await write(head);
      const chunk = Buffer.alloc(MIB, 'x');
      for (let sent = 0; sent < bytes; sent += chunk.length) {
        if (chunked) await write(`${chunk.length.toString(16)}\r\n`);
        await write(chunk);
        if (chunked) await write('\r\n');
      }
      if (chunked) await write('0\r\n\r\n');
      let text = '';
      while (!text.endsWith('}')) {
        const [part] = (await Promise.race([once(socket, 'data'), broken])) as [Buffer];
        text += part.toString('utf8');
      }
      socket.destroy();
      return text;
    }

    it.each([
      ['keep-alive', `Content-Length: ${40 * MIB}`, false],
      ['keep-alive', 'Transfer-Encoding: chunked', true],
      ['close', `Content-Length: ${40 * MIB}`, false],
      ['close', 'Transfer-Encoding: chunked', true],
    ])('lets a client on a %s connection with %s read its 413', async (connection, length, chunked) => {
      route = refuse;
      const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: ${connection}\r\n${length}\r\n\r\n`;
      const text = await uploadAll(head, 40 * MIB, chunked);
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(text).toContain('request_too_large');
    });

    it('serves the next request of the same connection', async () => {
      route = refuse;
      const socket = connect(port, '127.0.0.1');
      const body = 'x'.repeat(2 * MIB);
      const head = (length: number): string =>
        `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
      socket.write(head(body.length) + body + head(2) + '{}');
      let text = '';
      while (!text.includes('accepted')) text += String((await once(socket, 'data'))[0]);
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      socket.destroy();
    });
  });

  it('lets go of a connection whose unwanted body never ends', async () => {
    route = (_, res) => {
      res.end('ok');
    };
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    try {
      const socket = connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx');
      await once(socket, 'data');
      await done;
      const closed = once(socket, 'close');
      jest.advanceTimersByTime(10_000);
      await closed;
    } finally {
      jest.useRealTimers();
    }
  });
});
