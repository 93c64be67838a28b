import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, fullAnswer } from '@local-llm-agent/testing';
import { CHAT, CHAT_PATH, DISPATCHES, askChat, startGateway, type RunningGateway } from './gateway.harness.js';
import { askRaw, connectTo, parseRaw, readRaw, type RawAnswer } from './raw.client.js';

const MAX_BODY_BYTES = 256 * 1024;
const BODY = JSON.stringify(CHAT);
const MOST_HELD_BYTES = 64 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory that is in use: what is only waiting to be collected depends on how lazy a version of Node is. */
function bytesHeld(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function head(fields: readonly string[], line = `POST ${CHAT_PATH} HTTP/1.1`): string {
  return `${[line, ...fields].join('\r\n')}\r\n\r\n`;
}

const JSON_TYPE = 'Content-Type: application/json';
const HOST = 'Host: localhost';
const LENGTH = `Content-Length: ${BODY.length}`;

function expectRefusal(answer: RawAnswer, status: number, param: string | null = null): void {
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    status,
    {
      error: {
        code: expect.stringMatching(/^(?:invalid_request|request_too_large|not_found|model_not_found)$/),
        message: expect.stringMatching(/^.{10,400}\.$/s),
        type: 'invalid_request_error',
        param,
      },
    },
  ]);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
}

describe.each(DISPATCHES)('a request that is refused on the wire, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(fullAnswer);
    gateway = await startGateway(engine.url, {
      settings: { TOKEN_ROUTES, MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS: 0.3 },
    });
  });

  afterAll(async () => {
    const asked = engine.exchanges.length;
    expect((await askChat(gateway)).status).toBe(200);
    expect(engine.exchanges).toHaveLength(asked + 1);
    expect(asked).toBe(0);
    await gateway.stop();
    await engine.close();
  });

  it.each<[string, string | Buffer, number]>([
    ['no content type', head([HOST, LENGTH]) + BODY, 415],
    ['another content type', head([HOST, 'Content-Type: text/plain', LENGTH]) + BODY, 415],
    ['a form', head([HOST, 'Content-Type: application/x-www-form-urlencoded', LENGTH]) + BODY, 415],
    ['a content type that begins like JSON', head([HOST, 'Content-Type: application/jsonp', LENGTH]) + BODY, 415],
    ['another charset', head([HOST, `${JSON_TYPE}; charset=utf-16`, LENGTH]) + BODY, 415],
    [
      'a bomb',
      Buffer.concat([
        Buffer.from(head([HOST, JSON_TYPE, 'Content-Encoding: gzip', 'Content-Length: 1048'])),
        gzipSync(Buffer.alloc(2 ** 20)).subarray(0, 1048),
      ]),
      415,
    ],
    ['brotli', head([HOST, JSON_TYPE, 'Content-Encoding: br', LENGTH]) + BODY, 415],
    ['two encodings', head([HOST, JSON_TYPE, 'Content-Encoding: identity, gzip', LENGTH]) + BODY, 415],
    ['a length beyond the limit', head([HOST, JSON_TYPE, `Content-Length: ${MAX_BODY_BYTES + 1}`]), 413],
    ['no body', head([HOST, JSON_TYPE]), 400],
    ['a body of length 0', head([HOST, JSON_TYPE, 'Content-Length: 0']), 400],
    ['chunks that are empty', `${head([HOST, JSON_TYPE, 'Transfer-Encoding: chunked'])}0\r\n\r\n`, 400],
    ['a length and chunks', `${head([HOST, JSON_TYPE, LENGTH, 'Transfer-Encoding: chunked'])}0\r\n\r\n`, 400],
    ['two lengths', head([HOST, JSON_TYPE, LENGTH, 'Content-Length: 5']) + BODY, 400],
    ['a length that is no number', head([HOST, JSON_TYPE, 'Content-Length: many']) + BODY, 400],
    ['a length below 0', head([HOST, JSON_TYPE, 'Content-Length: -5']) + BODY, 400],
    ['a chunk whose size is no number', `${head([HOST, JSON_TYPE, 'Transfer-Encoding: chunked'])}zz\r\n`, 400],
    ['a length that is too short', head([HOST, JSON_TYPE, 'Content-Length: 10']) + BODY, 400],
    ['a header of 20 kB', head([HOST, JSON_TYPE, `X-Pad: ${'x'.repeat(20_000)}`, LENGTH]) + BODY, 431],
    ['3000 headers', head([HOST, ...Array<string>(3000).fill('x-pad: x')]), 431],
    ['a path of 20 kB', head([HOST], `GET /${'x'.repeat(20_000)} HTTP/1.1`), 431],
    ['a header with a line break', head([HOST, 'A: b\rc']), 400],
    ['a header without a name', head([HOST, ': b']), 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['the greeting of TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a]), 400],
    ['HTTP/3.7', head([HOST], `GET ${CHAT_PATH} HTTP/3.7`), 400],
    ['a method that nobody knows', head([HOST], `BREW ${CHAT_PATH} HTTP/1.1`), 405],
    ['a tunnel', head([HOST], 'CONNECT example.test:443 HTTP/1.1'), 405],
    ['TRACE', head([HOST], `TRACE ${CHAT_PATH} HTTP/1.1`), 405],
    ['GET with a body', head([HOST, JSON_TYPE, LENGTH], `GET ${CHAT_PATH} HTTP/1.1`) + BODY, 405],
    ['another path with a body', head([HOST, JSON_TYPE, LENGTH], 'POST /v1/nothing HTTP/1.1') + BODY, 404],
    ['a path with dots', head([HOST], 'GET /v1/../../etc/passwd HTTP/1.1'), 404],
    ['a path with NUL', head([HOST], 'GET /v1/%00 HTTP/1.1'), 404],
    ['a path of slashes', head([HOST], 'GET //////v1////x HTTP/1.1'), 404],
  ])('with %s', async (_, bytes, status) => {
    expectRefusal(await askRaw(gateway, bytes), status);
  });

  it.each([
    ['that there is not', '/v1/models/none', 404, 'model'],
    ['with NUL in its name', '/v1/models/a%00b', 404, 'model'],
    ['with half a character in its name', '/v1/models/%ED%A0%80', 400, null],
    ['with a name that cannot be decoded', '/v1/models/%E0%A4%A', 400, null],
    ['with a name of 10 kB', `/v1/models/${'x'.repeat(10_000)}`, 404, 'model'],
    ['with dots', '/v1/models/../../health/x', 404, 'model'],
    ['of the prototype', '/v1/models/__proto__', 404, 'model'],
    ['but a path of 10 kB', `/v1/${'x'.repeat(10_000)}`, 404, null],
  ])('for a model %s', async (_, path, status, param) => {
    expectRefusal(await askRaw(gateway, head([HOST], `GET ${path} HTTP/1.1`)), status, param);
  });

  it('with compressed chunks', async () => {
    const chunks = `${head([HOST, JSON_TYPE, 'Transfer-Encoding: gzip, chunked'])}0\r\n\r\n`;
    expectRefusal(await askRaw(gateway, chunks), 400, 'Transfer-Encoding');
  });

  it('without a host', async () => {
    expectRefusal(await askRaw(gateway, head([JSON_TYPE, LENGTH]) + BODY), 400, 'Host');
  });

  it.each(['TRACE', 'PUT', 'PATCH', 'PROPFIND'])('with 405 for %s on every route', async (method) => {
    for (const path of [CHAT_PATH, '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/models/a', '/metrics']) {
      const answer = await askRaw(gateway, head([HOST], `${method} ${path} HTTP/1.1`));
      expectRefusal(answer, 405);
      expect(answer.headers['allow']).toMatch(/GET|POST/);
    }
  });

  it('with 408 when the body does not come', async () => {
    const socket = await connectTo(gateway);
    socket.write(`${head([HOST, JSON_TYPE, LENGTH])}{"model"`);
    expectRefusal(await readRaw(socket), 408);
    socket.destroy();
  });

  it('with 408 when the body comes drop by drop', async () => {
    const socket = await connectTo(gateway);
    socket.write(head([HOST, JSON_TYPE, 'Transfer-Encoding: chunked']));
    const drops = setInterval(() => socket.write('1\r\n \r\n'), 20);
    expectRefusal(await readRaw(socket), 408);
    clearInterval(drops);
    socket.destroy();
  });

  it('with 413 when chunks do not end, however small, holding little memory', async () => {
    const patient = await startGateway(engine.url, { settings: { TOKEN_ROUTES, MAX_BODY_BYTES: 2 ** 20 } });
    const socket = await connectTo(patient);
    const drop = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    const before = bytesHeld();
    const held: number[] = [];
    socket.write(head([HOST, JSON_TYPE, 'Transfer-Encoding: chunked']));
    const answer = readRaw(socket);
    const send = (): void => {
      while (socket.writable && socket.write(drop));
    };
    socket.on('drain', () => {
      held.push(bytesHeld() - before);
      send();
    });
    send();
    expectRefusal(await answer, 413);
    socket.removeAllListeners('drain');
    expect(held).not.toEqual([]);
    expect(Math.max(...held)).toBeLessThan(MOST_HELD_BYTES);
    socket.destroy();
    await patient.stop();
  });

  it('before the body was asked for, and takes it when nothing is wrong', async () => {
    const wait = 'Expect: 100-continue';
    const refused = await askRaw(gateway, head([HOST, wait, JSON_TYPE, `Content-Length: ${MAX_BODY_BYTES + 1}`]));
    expectRefusal(refused, 413);
    expect(refused.headers['connection']).toBe('close');
    expectRefusal(await askRaw(gateway, head([HOST, wait, 'Content-Type: text/plain', LENGTH])), 415);
    const socket = await connectTo(gateway);
    const bad = JSON.stringify({ ...CHAT, model: 5 });
    socket.write(head([HOST, wait, JSON_TYPE, `Content-Length: ${bad.length}`]));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(parseRaw(first.toString()).status).toBe(100);
    socket.write(bad);
    expectRefusal(await readRaw(socket), 400, 'model');
    socket.destroy();
  });

  it('in order, when several come at once', async () => {
    const bad = head([HOST, JSON_TYPE, 'Content-Length: 2']) + '{}';
    const socket = await connectTo(gateway);
    socket.write(bad.repeat(3) + head([HOST, 'Connection: close'], 'GET /v1/models HTTP/1.1'));
    let text = '';
    for await (const part of socket) text += String(part);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['400', '400', '400', '200']);
  });
});
