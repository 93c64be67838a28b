import { once } from 'node:events';
import { createServer, get, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Logger } from '@local-llm-agent/observability';
import { ListenError, closeAll, listenAll } from './servers.js';

const HOST = '127.0.0.1';

describe('the servers of a service', () => {
  let servers: Server[] = [];

  afterEach(async () => {
    await closeAll(servers, 0);
    servers = [];
  });

  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  async function listen(listener: (req: IncomingMessage, res: ServerResponse) => void, ports = [0]): Promise<number> {
    servers = await listenAll(listener, { host: HOST, ports, setting: 'TEST_PORTS' });
    return portOf(servers[0]!);
  }

  const left = (): Promise<number> =>
    new Promise((resolve) => servers[0]!.getConnections((_, count) => resolve(count)));

  async function raw(port: number, text: string): Promise<string> {
    const socket = connect(port, HOST);
    socket.on('error', () => undefined);
    socket.write(text);
    let answer = '';
    for await (const part of socket) answer += String(part);
    return answer;
  }

  it('answer on every port with the same listener', async () => {
    await listen((_, res) => res.end('hello'), [0, 0]);
    for (const server of servers) {
      const [answer] = (await once(get({ host: HOST, port: portOf(server), agent: false }), 'response')) as [
        IncomingMessage,
      ];
      expect(String(await answer.toArray())).toBe('hello');
    }
  });

  it('name the setting when a port is busy, and then listen on none', async () => {
    const other = createServer();
    other.listen(0, HOST);
    await once(other, 'listening');
    const free = createServer();
    free.listen(0, HOST);
    await once(free, 'listening');
    const first = portOf(free);
    free.close();
    await once(free, 'close');
    const attempt = listenAll(() => undefined, { host: HOST, ports: [first, portOf(other)], setting: 'TEST_PORTS' });
    await expect(attempt).rejects.toThrow(ListenError);
    await expect(attempt).rejects.toThrow(
      `Cannot listen on ${HOST}:${portOf(other)}: another program uses it. Stop that program or set TEST_PORTS to another port.`,
    );
    const [refused] = (await once(connect(first, HOST), 'error')) as [NodeJS.ErrnoException];
    expect(refused.code).toBe('ECONNREFUSED');
    other.close();
    await once(other, 'close');
  });

  it('say what is wrong with an address that is not of this machine', async () => {
    const attempt = listenAll(() => undefined, { host: '203.0.113.1', ports: [1], setting: 'TEST_PORTS' });
    await expect(attempt).rejects.toThrow(/^Cannot listen on 203\.0\.113\.1:1: EA\w+\. Set TEST_PORTS or the host/);
  });

  it('answer a head that is not HTTP in the shape of all errors', async () => {
    const port = await listen((_, res) => res.end());
    const answer = await raw(port, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
      error: {
        code: 'invalid_request',
        message: 'The request is not valid HTTP/1.1.',
        type: 'invalid_request_error',
        param: null,
      },
    });
  });

  it.each([
    ['a method that nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a tunnel', 'CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['bytes after a whole request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\nBREW', 400],
    ['no HTTP at all', '\x16\x03\x01\r\n\r\n', 400],
  ])('answer %s with an id, and log it once', async (_, bytes, status) => {
    const warn = jest.fn();
    const logger = { warn } as unknown as Logger;
    servers = await listenAll(() => undefined, { host: HOST, ports: [0], setting: 'TEST_PORTS', logger });
    const answer = await raw(portOf(servers[0]!), bytes);
    const id = /\r\nX-Request-ID: ([\w-]{36})\r\n/.exec(answer)?.[1];
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(answer.includes('\r\nAllow: GET, ')).toBe(status === 405);
    expect(warn.mock.calls).toEqual([[{ requestId: id, status, code: 'invalid_request' }, expect.any(String)]]);
  });

  it('never write an error into the middle of an answer', async () => {
    const port = await listen((_, res) => res.write('half'));
    const socket = connect(port, HOST);
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    for await (const part of socket) {
      text += String(part);
      if (text.endsWith('half\r\n')) socket.write('\0\0 no HTTP');
    }
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toContain('invalid_request');
  });

  it('answer headers that are too large with 431', async () => {
    const port = await listen((_, res) => res.end());
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  it('let a running request finish when they close, and take no new one', async () => {
    let running: ServerResponse | undefined;
    const port = await listen((_, res) => {
      running = res;
      res.write('one ');
    });
    const [answer] = (await once(get({ host: HOST, port, agent: false }), 'response')) as [IncomingMessage];
    const closed = closeAll(servers, 60_000);
    const [refused] = (await once(connect(port, HOST), 'error')) as [NodeJS.ErrnoException];
    expect(refused.code).toBe('ECONNREFUSED');
    running?.end('two');
    expect(Buffer.concat((await answer.toArray()) as Buffer[]).toString()).toBe('one two');
    await closed;
  });

  it('do not wait for connections that are idle', async () => {
    const port = await listen((_, res) => res.end('hello'));
    const idle = connect(port, HOST);
    idle.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const ended = once(idle, 'close');
    idle.resume();
    await closeAll(servers, 60_000);
    await ended;
  });

  it('let requests say why they end when the grace period is over', async () => {
    let running: ServerResponse | undefined;
    const port = await listen((_, res) => {
      running = res;
      res.write('one ');
    });
    const [answer] = (await once(get({ host: HOST, port, agent: false }), 'response')) as [IncomingMessage];
    await closeAll(servers, 50, () => running?.end('the end'));
    expect(Buffer.concat((await answer.toArray()) as Buffer[]).toString()).toBe('one the end');
  });

  it('cut what still runs after the grace period', async () => {
    const port = await listen((_, res) => res.write('one'));
    const req = request({ host: HOST, port, agent: false });
    req.end();
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    const cut = once(answer, 'error');
    answer.resume();
    await closeAll(servers, 50);
    expect(((await cut) as [NodeJS.ErrnoException])[0].code).toBe('ECONNRESET');
  });

  it('do not keep a connection that they have ended for a client that keeps its own side open', async () => {
    const port = await listen((_, res) => res.end());
    const socket = connect({ port, host: HOST, allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write('no HTTP\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
  });

  it('close connections beyond their bound at once, say so once, and take new ones when there is room', async () => {
    const warn = jest.fn();
    const logger = { warn } as unknown as Logger;
    const options = { host: HOST, ports: [0], setting: 'TEST_PORTS', mostConnections: 2, logger };
    servers = await listenAll((_, res) => res.end('hello'), options);
    const port = portOf(servers[0]!);
    const held = [connect(port, HOST), connect(port, HOST)];
    for (const socket of held) await once(socket, 'connect');
    for (let more = 0; more < 3; more += 1) expect(await raw(port, '')).toBe('');
    expect(warn.mock.calls).toEqual([[{ most: 2 }, expect.stringMatching(/MAX_CONNECTIONS/)]]);
    for (const socket of held) {
      socket.destroy();
      await once(socket, 'close');
    }
    let answer = '';
    while (answer === '') answer = await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(answer).toContain('hello');
  });

  it('give an address no more connections than are free, and tell the others of it why', async () => {
    const warn = jest.fn();
    const refused = jest.fn();
    servers = await listenAll((_, res) => res.end('hello'), {
      ...{ host: HOST, ports: [0], setting: 'TEST_PORTS', mostConnections: 6 },
      logger: { warn },
      sharing: { shareOf: (address) => (address === '127.0.0.9' ? undefined : address), refused },
    });
    const port = portOf(servers[0]!);
    const open = async (localAddress: string): Promise<Socket> => {
      const socket = connect({ port, host: HOST, localAddress });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const answerTo = async (socket: Socket): Promise<string> => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      let answer = '';
      socket.on('data', (part) => (answer += String(part)));
      await once(socket, 'close');
      return answer;
    };
    const held = [await open('127.0.0.1'), await open('127.0.0.1'), await open('127.0.0.1')];
    for (let more = 0; more < 3; more += 1) {
      const answer = await answerTo(await open('127.0.0.1'));
      expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: 1\r\n[^]*Too many connections come from this address/);
    }
    expect(await answerTo(await open('127.0.0.2'))).toContain('hello');
    while ((await left()) > held.length) await new Promise((resolve) => setTimeout(resolve, 20));
    // One that may take all of them is bound by their number alone.
    held.push(await open('127.0.0.9'), await open('127.0.0.9'), await open('127.0.0.9'));
    expect(await answerTo(await open('127.0.0.2'))).toBe('');
    expect(refused.mock.calls.flat()).toEqual(['one_address', 'one_address', 'one_address', 'all_taken']);
    expect(warn.mock.calls).toEqual([
      [{ most: 6, address: '127.0.0.1' }, expect.stringMatching(/TRUST_PROXY/)],
      [{ most: 6 }, expect.stringMatching(/MAX_CONNECTIONS/)],
    ]);
    for (const socket of held) {
      socket.destroy();
      await once(socket, 'close');
    }
    let again = '';
    while (!again.includes('hello')) again = await answerTo(await open('127.0.0.1'));
  });

  it('cut clients that take nothing of their answer, but none that waits for one', async () => {
    const listener = (req: IncomingMessage, res: ServerResponse): void => {
      if (req.url === '/large') res.end(Buffer.alloc(64 * 2 ** 20));
      else setTimeout(() => res.end('at last'), 1500);
    };
    servers = await listenAll(listener, { host: HOST, ports: [0], setting: 'TEST_PORTS', stalledMs: 500 });
    const port = portOf(servers[0]!);
    const stalled = connect(port, HOST);
    stalled.on('error', () => undefined);
    const cut = new Promise((resolve) => {
      servers[0]!.once('connection', (socket: Socket) => socket.once('close', resolve));
    });
    stalled.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    const patient = raw(port, 'GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await cut;
    expect(await patient).toContain('at last');
    stalled.destroy();
  });
});
