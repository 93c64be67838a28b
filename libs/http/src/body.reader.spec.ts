import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiError } from '@local-llm-agent/contracts';
import { discardBody, readBody, type BodyLimits } from './body.reader.js';

const LIMITS: BodyLimits = { mostBytes: 100, mostSeconds: 30 };

describe('the body reader', () => {
  let server: Server;
  let port: number;
  let limits: BodyLimits;
  let outcome: Promise<Buffer>;

  beforeEach(async () => {
    limits = LIMITS;
    server = createServer();
    outcome = once(server, 'request').then(([req, res]) =>
      readBody(req as IncomingMessage, limits).finally(() => (res as { end(): void }).end()),
    );
    outcome.catch(() => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function refusal(): Promise<ApiError> {
    const reason: unknown = await outcome.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (reason instanceof ApiError) return reason;
    throw new Error(`no refusal but ${String(reason)}`);
  }

  function send(headers: Record<string, string>, ...parts: string[]): void {
    const req = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
    req.on('error', () => undefined);
    for (const part of parts) req.write(part);
    req.end();
  }

  /** Sends a head and half a body, and leaves the rest to the test. */
  async function begin(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a"');
    return socket;
  }

  it('gives the bytes of a body that comes in parts', async () => {
    send({ 'content-type': 'application/json' }, '{"a":', '"\u00e9\u{1F600}"', '}');
    expect((await outcome).toString('utf8')).toBe('{"a":"\u00e9\u{1F600}"}');
  });

  it('gives no bytes for an empty body', async () => {
    send({ 'content-type': 'application/json' });
    expect(await outcome).toHaveLength(0);
  });

  it('takes a body of exactly the limit', async () => {
    send({ 'content-type': 'application/json' }, 'x'.repeat(100));
    expect(await outcome).toHaveLength(100);
  });

  it.each(['application/json', 'application/json;charset=utf-8', 'Application/JSON', 'application/ld+json'])(
    'takes the content type %s',
    async (type) => {
      send({ 'content-type': type }, '{}');
      expect(await outcome).toHaveLength(2);
    },
  );

  it.each<[string, Record<string, string>, RegExp]>([
    ['no content type', {}, /is missing/],
    ['text', { 'content-type': 'text/plain' }, /is not JSON/],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, /is not JSON/],
    ['what only begins like JSON', { 'content-type': 'application/jsonl' }, /is not JSON/],
    ['an encoding', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, /Compressed/],
  ])('refuses %s with 415', async (_, headers, message) => {
    send(headers, '{}');
    const error = await refusal();
    expect([error.status, error.code]).toEqual([415, 'invalid_request']);
    expect(error.message).toMatch(message);
  });

  it('takes the encoding identity', async () => {
    send({ 'content-type': 'application/json', 'content-encoding': 'Identity' }, '{}');
    expect(await outcome).toHaveLength(2);
  });

  it('refuses by the announced length, before a byte of it has come', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 101\r\n\r\n');
    const error = await refusal();
    expect([error.status, error.code, error.message]).toEqual([
      413,
      'request_too_large',
      expect.stringContaining('100 bytes'),
    ]);
    socket.destroy();
  });

  it('refuses while reading when no length was announced', async () => {
    send({ 'content-type': 'application/json', 'transfer-encoding': 'chunked' }, 'x'.repeat(60), 'x'.repeat(60));
    const error = await refusal();
    expect([error.status, error.code]).toEqual([413, 'request_too_large']);
  });

  it('gives up on a body that is too slow', async () => {
    limits = { mostBytes: 100, mostSeconds: 0.05 };
    const socket = await begin();
    const error = await refusal();
    expect([error.status, error.code]).toEqual([408, 'invalid_request']);
    expect(error.message).toContain('0.05 s');
    socket.destroy();
  });

  it('ends when the client leaves', async () => {
    const socket = await begin();
    socket.destroy();
    const error = await refusal();
    expect([error.status, error.message]).toEqual([400, expect.stringContaining('left')]);
  });
});

describe('the rest of a refused body', () => {
  it('is read into nothing, and its end is told', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    const req = request({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      method: 'POST',
      agent: false,
    });
    req.on('error', () => undefined);
    req.write('x'.repeat(1000));
    const [incoming] = await arrived;
    const over = new Promise<void>((resolve) => {
      discardBody(incoming, resolve);
    });
    req.end('y'.repeat(200_000));
    await over;
    expect(incoming.complete).toBe(true);
    req.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});
