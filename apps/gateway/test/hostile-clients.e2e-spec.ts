import { once } from 'node:events';
import { readdirSync, existsSync } from 'node:fs';
import { createServer, type Server, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, fullAnswer, silence } from '@local-llm-agent/testing';
import { CHAT, CHAT_PATH, ask, askChat, type Answer, type RunningGateway } from './gateway.harness.js';
import { GatewayProcess } from './gateway.process.js';
import { HOSTILE_BODIES } from './hostile-bodies.cases.js';
import { connectMany, statusesFor } from './hostile.client.js';
import { BYPASSES, HOSTILE_PATHS } from './hostile-paths.cases.js';
import { HOSTILE_REQUESTS } from './hostile-requests.cases.js';
import { ADMIN_KEY } from './keys.harness.js';
import { connectTo, readRaw } from './raw.client.js';

const IDLE = 2000;
const DROPS = 100;
const CROWD = 200;
const PIPELINED = 500;
const BODY_TIMEOUT_SECONDS = 2;
/** Time for the head of a request, how often the gateway looks, and some room for a busy machine. */
const LONGEST_HEAD_MS = 30_000 + 5000 + 25_000;
/** Measurements of one figure: the median of them counts. */
const SAMPLES = 60;
/** A normal request may take this many times what it took before, and some more for the noise of a busy machine. */
const MOST_TIMES = 4;
const NOISE_MS = 15;
const MOST_GROWTH_BYTES = 64 * 2 ** 20;
/** Collects garbage when it is told to, so that memory can be compared. */
const GC_ON_SIGNAL = ['--expose-gc', '--import', "data:text/javascript,process.on('SIGUSR2',()=>gc())"];
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const HEAD = `POST ${CHAT_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;

/** Open files of a process, sockets among them; 0 where the system does not tell. */
function openFiles(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

/** A server that nobody may ask. */
class Trap {
  connections = 0;
  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections += 1;
      socket.destroy();
    });
  }

  static async set(): Promise<Trap> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Trap(server);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async remove(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

describe('a gateway among hostile clients', () => {
  let engine: FakeEngine;
  let trap: Trap;
  let gateway: GatewayProcess & RunningGateway;
  let locked: GatewayProcess & RunningGateway;
  let idle: Socket[];
  let drops: Socket[];
  let dropping: NodeJS.Timeout;
  let before: { readonly ms: number; readonly bytes: number; readonly files: number };

  const start = async (settings: Record<string, string>): Promise<GatewayProcess & RunningGateway> =>
    (await GatewayProcess.start(
      {
        ENGINE_URL: engine.url,
        DATA_DIR: '/dev/null',
        MAX_BODY_BYTES: '1MiB',
        BODY_TIMEOUT_SECONDS: String(BODY_TIMEOUT_SECONDS),
        LOG_LEVEL: 'trace',
        ...settings,
      },
      GC_ON_SIGNAL,
    )) as GatewayProcess & RunningGateway;

  /** Median time of a normal chat, one after the other. */
  async function normalTime(): Promise<number> {
    const times: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const begin = performance.now();
      expect((await askChat(gateway)).status).toBe(200);
      times.push(performance.now() - begin);
    }
    return times.sort((one, other) => one - other)[SAMPLES / 2]!;
  }

  /** Resident memory of the gateway after its garbage was collected, the least of some looks. */
  async function memory(): Promise<number> {
    const seen: number[] = [];
    for (let look = 0; look < 4; look += 1) {
      process.kill(gateway.pid, 'SIGUSR2');
      const { text } = await ask(gateway, { path: '/metrics' });
      seen.push(Number(/^process_resident_memory_bytes\S* (\S+)/m.exec(text)?.[1]));
    }
    return Math.min(...seen);
  }

  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(fullAnswer);
    trap = await Trap.set();
    gateway = await start({});
    locked = await start({ ADMIN_KEY, METRICS_ACCESS: 'key' });
    // What is made once, with the first requests, is not what is looked for.
    for (const { path, body } of HOSTILE_BODIES) await ask(gateway, { path, body });
    for (let round = 0; round < 3; round += 1) await normalTime();
    before = { bytes: await memory(), ms: await normalTime(), files: openFiles(gateway.pid) };
    idle = await connectMany(gateway, IDLE);
    drops = await connectMany(gateway, DROPS);
    for (const socket of drops) socket.resume();
    for (const socket of drops) socket.write(`${HEAD}X-A: `);
    dropping = setInterval(() => {
      for (const socket of drops) if (socket.writable) socket.write('b');
    }, 1000);
  }, 60_000);

  afterAll(async () => {
    clearInterval(dropping);
    for (const socket of [...idle, ...drops]) socket.destroy();
    await gateway.stop();
    await locked.stop();
    await trap.remove();
    await engine.close();
    expect(engine.faults).toEqual([]);
  }, 60_000);

  it('meets at least 300 kinds of them, each another', () => {
    const titles = [
      ...HOSTILE_REQUESTS.map(({ title }) => title),
      ...HOSTILE_PATHS.map(({ method, path }) => `${method} ${path}`),
      ...BYPASSES.map(({ path }) => `without a key: ${path}`),
      ...HOSTILE_BODIES.map(({ path, title }) => `${path}: ${title}`),
    ];
    expect(titles.length).toBeGreaterThanOrEqual(300);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('answers in normal time while 2,000 connections say nothing', async () => {
    expect(await normalTime()).toBeLessThan(before.ms * MOST_TIMES + NOISE_MS);
  });

  it.each(HOSTILE_REQUESTS)('answers $title with $statuses, and nothing that was smuggled in', async (hostile) => {
    const asked = engine.exchanges.length;
    expect(await statusesFor(gateway, hostile.bytes, hostile.statuses.length)).toEqual(hostile.statuses);
    if (hostile.statuses.every((status) => status >= 400)) expect(engine.exchanges.length).toBe(asked);
  });

  it.each(HOSTILE_PATHS.map((each) => ({ ...each, shown: each.path.slice(0, 80) })))(
    'answers $method $shown with $status',
    async ({ method, path, status }) => {
      const answer = await ask(gateway, { method, path });
      expect([answer.status, answer.headers['x-injected']]).toEqual([status, undefined]);
      expect(answer.text).not.toContain('root:');
    },
  );

  it.each(BYPASSES)('lets nobody without a key in by $method $path', async (question) => {
    const answer = await ask(locked, question);
    expect([400, 401, 404]).toContain(answer.status);
    expect(answer.text).toMatch(/"error"/);
  });

  it.each(HOSTILE_BODIES)('takes $title on $path for what it is', async ({ path, body, statuses }) => {
    const answer: Answer = await ask(gateway, {
      path,
      body: body.replaceAll('TRAP', trap.address),
      headers: { accept: 'application/json, text/event-stream' },
    });
    expect(statuses).toContain(answer.status);
    expect(answer.text).not.toMatch(/ at \S+ \(|node_modules|polluted.*TypeError/);
  });

  it('never asked the network for anything', () => {
    expect(trap.connections).toBe(0);
  });

  it.each([
    { what: 'with a body that never comes', head: `${HEAD}Content-Length: 100\r\n\r\n`, drop: '', status: 408 },
    { what: 'with a body in drops', head: `${HEAD}Content-Length: 100000\r\n\r\n{`, drop: ' ', status: 408 },
    {
      what: 'with chunks in drops',
      head: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      drop: '1\r\n \r\n',
      status: 408,
    },
    {
      what: 'to a path that takes no body',
      head: `${HEAD.replace(CHAT_PATH, '/nothing')}Content-Length: 100000\r\n\r\n`,
      drop: 'x',
      status: 404,
    },
  ])('lets go of slow requests $what', async ({ head, drop, status }) => {
    const sockets = await connectMany(gateway, CROWD / 4);
    for (const socket of sockets) socket.write(head);
    const timer = setInterval(() => {
      for (const socket of sockets) if (drop !== '' && socket.writable) socket.write(drop);
    }, 100);
    const answers = await Promise.all(sockets.map((socket) => readRaw(socket)));
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
  });

  it.each([
    { what: 'leave in the middle of a head', bytes: HEAD },
    { what: 'leave in the middle of a body', bytes: `${HEAD}Content-Length: 100\r\n\r\n{"model"` },
    { what: 'leave in the middle of a chunk', bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\n64\r\n{"model"` },
    { what: 'leave in their second request', bytes: 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v1' },
    { what: 'reset before they asked', bytes: '' },
  ])('outlives a crowd of clients that $what', async ({ bytes }) => {
    const sockets = await connectMany(gateway, CROWD);
    for (const socket of sockets) socket.write(bytes);
    await wait(50);
    for (const socket of sockets) socket.resetAndDestroy();
    expect((await askChat(gateway)).status).toBe(200);
  });

  it('tells the engine of every client that leaves before its answer', async () => {
    engine.answerWith(silence);
    const from = engine.exchanges.length;
    const body = JSON.stringify(CHAT);
    const sockets = await connectMany(gateway, CROWD);
    for (const socket of sockets) socket.write(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`);
    while (engine.exchanges.length < from + CROWD) await engine.nextChat();
    for (const socket of sockets) socket.destroy();
    const ends = await Promise.all(engine.exchanges.slice(from).map(({ ended }) => ended));
    expect(new Set(ends)).toEqual(new Set(['cut']));
    engine.answerWith(fullAnswer);
  });

  it('answers hundreds of requests that come at once on one connection, in order', async () => {
    const request = (id: number): string => `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: n${id}\r\n`;
    const [socket] = (await connectMany(gateway, 1)) as [Socket];
    const all = Array.from({ length: PIPELINED }, (_, id) => `${request(id)}\r\n`);
    socket.write(`${all.join('')}${request(PIPELINED)}Connection: close\r\n\r\n`);
    let text = '';
    for await (const part of socket) text += String(part);
    const ids = [...text.matchAll(/^x-request-id: n(\d+)/gim)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: PIPELINED + 1 }, (_, id) => id));
  });

  // Each gets as many as are free when it comes: 60; 30 more; 15 more.
  it.each([1, 3])('keeps room for others while %d addresses take all the connections that they get', async (hosts) => {
    const mosts = [60, 90, 105];
    const small = await start({ MAX_CONNECTIONS: '120' });
    const crowd: Socket[] = [];
    const held = (): number => crowd.filter((socket) => !socket.closed).length;
    try {
      for (let host = 1; host <= hosts; host += 1) {
        crowd.push(...(await connectMany(small, CROWD, `127.0.0.${host}`)));
        for (const socket of crowd) socket.resume();
        const end = Date.now() + 10_000;
        while (held() > mosts[host - 1]! && Date.now() < end) await wait(20);
      }
      expect(held()).toBe(mosts[hosts - 1]);
      for (const other of ['127.0.0.200', '127.0.0.201']) {
        const socket = await connectTo(small, other);
        socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        const { status, body } = await readRaw(socket);
        expect(status).toBe(200);
        expect(body).toMatch(/llm_connections_refused_total\{reason="one_address",service="gateway"\} [1-9]/);
      }
    } finally {
      for (const socket of crowd) socket.destroy();
      await small.stop();
    }
    expect(small.output.split('One address has its part of the connections')).toHaveLength(2);
  });

  it('refuses a crowd that guesses keys, and knows the right one meanwhile', async () => {
    const guesses = await Promise.all(
      Array.from({ length: CROWD }, (_, guess) =>
        ask(locked, { path: '/v1/models', headers: { authorization: `Bearer ${ADMIN_KEY.slice(0, -4)}${guess}` } }),
      ),
    );
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await ask(locked, { path: '/v1/models', headers: { authorization: `Bearer ${ADMIN_KEY}` } })).status).toBe(
      200,
    );
  });

  it(
    'ends connections that send no head, those that say nothing and those that say it drop by drop',
    async () => {
      const end = Date.now() + LONGEST_HEAD_MS;
      const open = (): number => [...idle, ...drops].filter((socket) => !socket.closed).length;
      while (open() > 0 && Date.now() < end) await wait(100);
      expect(open()).toBe(0);
    },
    LONGEST_HEAD_MS + 10_000,
  );

  it('is as it was when all of them are gone: quick, no larger, and with nothing left open', async () => {
    const ms = await normalTime();
    const bytes = await memory();
    const end = Date.now() + 10_000;
    let files = openFiles(gateway.pid);
    while (files > before.files && Date.now() < end) {
      await wait(100);
      files = openFiles(gateway.pid);
    }
    const mib = (size: number): string => (size / 2 ** 20).toFixed(1);
    process.stdout.write(
      `a normal request: ${before.ms.toFixed(2)} ms before, ${ms.toFixed(2)} ms after; memory: ${mib(before.bytes)} MiB, ${mib(bytes)} MiB; open files: ${before.files}, ${files}\n`,
    );
    expect(ms).toBeLessThan(before.ms * MOST_TIMES + NOISE_MS);
    expect(bytes - before.bytes).toBeLessThan(MOST_GROWTH_BYTES);
    expect(files).toBeLessThanOrEqual(before.files);
  });

  it('has written nothing into its log that it did not mean to', async () => {
    await gateway.stop();
    const lines = gateway.output.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(500);
    for (const line of lines) {
      expect(line).not.toMatch(UNSEEN);
      const record = JSON.parse(line) as { level: string; service: string; msg: string };
      expect(record).toMatchObject({
        service: 'gateway',
        level: expect.stringMatching(/^(?:trace|debug|info|warn|error)$/),
      });
      expect(record.msg).not.toMatch(/^forged/);
    }
    expect(lines.filter((line) => line.includes('internal_error'))).toEqual([]);
  });
});
