import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERROR_CODES, type ErrorCode } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer } from '@local-llm-agent/testing';
import {
  CHAT,
  CHAT_PATH,
  DISPATCHES,
  ask,
  askChat,
  startGateway,
  type Answer,
  type Question,
  type RunningGateway,
} from './gateway.harness.js';

const MAX_BODY_BYTES = 64 * 1024;

function shape(code: ErrorCode, message: unknown, param: string | null = null): object {
  return { error: { code, message, type: ERROR_CODES[code].type, param } };
}

/** Sends a body in pieces and reads the answer, however the upload ends. */
function upload(
  gateway: RunningGateway,
  bytes: number,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const req = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: CHAT_PATH,
      method: 'POST',
      headers,
      agent: false,
    });
    req.on('error', reject);
    req.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text });
      });
      answer.on('error', reject);
    });
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const more = (): void => {
      while (sent < bytes) {
        sent += chunk.length;
        if (!req.write(chunk)) {
          req.once('drain', more);
          return;
        }
      }
      req.end();
    };
    more();
  });
}

describe.each(DISPATCHES)('errors of the chat route, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, {
      settings: { TOKEN_ROUTES, MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS: 0.2 },
      catalog: 'tiers: { small: { timeoutSeconds: 600 } }',
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it.each<[string, Question, number, ErrorCode, string | null, RegExp]>([
    ['malformed JSON', { body: '{"model":' }, 400, 'invalid_request', null, /not valid JSON/],
    ['an empty body', { body: '' }, 400, 'invalid_request', null, /empty/],
    ['a list', { body: [] }, 400, 'invalid_request', null, /must be a JSON object/],
    ['a missing model', { body: { messages: CHAT.messages } }, 400, 'invalid_request', 'model', /model/],
    ['a model that is a number', { body: { ...CHAT, model: 5 } }, 400, 'invalid_request', 'model', /^model /],
    ['missing messages', { body: { model: 'm' } }, 400, 'invalid_request', 'messages', /messages/],
    [
      'an unknown role',
      { body: { ...CHAT, messages: [CHAT.messages[0], { role: 'bot', content: 'x' }] } },
      400,
      'invalid_request',
      'messages[1].role',
      /messages\[1\]\.role must be one of/,
    ],
    [
      'a temperature that is text',
      { body: { ...CHAT, temperature: 'hot' } },
      400,
      'invalid_request',
      'temperature',
      /temperature/,
    ],
    ['a stream flag that is text', { body: { ...CHAT, stream: 'yes' } }, 400, 'invalid_request', 'stream', /stream/],
    [
      'an unknown X-Tier',
      { body: CHAT, headers: { 'x-tier': 'huge' } },
      400,
      'invalid_request',
      'X-Tier',
      /X-Tier must be one of small, main/,
    ],
    [
      'another content type',
      { body: CHAT, headers: { 'content-type': 'text/plain' } },
      415,
      'invalid_request',
      null,
      /Content-Type: application\/json/,
    ],
    [
      'a compressed body',
      { body: CHAT, headers: { 'content-encoding': 'gzip' } },
      415,
      'invalid_request',
      null,
      /Compressed/,
    ],
    [
      'too large a body',
      { body: { ...CHAT, pad: 'x'.repeat(MAX_BODY_BYTES) } },
      413,
      'request_too_large',
      null,
      /65536 bytes.*MAX_BODY_BYTES/,
    ],
    ['the wrong method', { method: 'GET' }, 405, 'invalid_request', null, /takes POST, not GET/],
    ['another wrong method', { method: 'DELETE' }, 405, 'invalid_request', null, /takes POST, not DELETE/],
    ['an unknown path', { path: '/v1/nothing?a=b' }, 404, 'not_found', null, /There is no GET \/v1\/nothing here/],
    ['an unknown path with a body', { path: '/v1/nothing', body: CHAT }, 404, 'not_found', null, /POST \/v1\/nothing/],
    ['a path that cannot be decoded', { path: '/v1/models/%E0%A4%A' }, 400, 'invalid_request', null, /./],
  ])('refuses %s', async (...[, question, status, code, param, message]) => {
    const before = engine.exchanges.length;
    const answer = await ask(gateway, question);
    expect([answer.status, answer.json()]).toEqual([status, shape(code, expect.stringMatching(message), param)]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
    expect(answer.headers['x-latency-ms']).toMatch(/^\d+$/);
    expect(engine.exchanges).toHaveLength(before);
  });

  it('says with Allow which methods the path has', async () => {
    expect((await ask(gateway, { method: 'PUT' })).headers.allow).toBe('POST');
    expect((await ask(gateway, { method: 'POST', path: '/health' })).headers.allow).toBe('GET');
    expect((await ask(gateway, { method: 'POST', path: '/v1/models/a/b' })).headers.allow).toBe('GET');
  });

  it('refuses a missing content type', async () => {
    const { status, text } = await upload(gateway, 0, {});
    expect([status, JSON.parse(text)]).toEqual([415, shape('invalid_request', expect.stringMatching(/is missing/))]);
  });

  it.each([
    ['keep-alive', {}],
    ['keep-alive', { 'content-length': String(8 * 2 ** 20) }],
    ['close', {}],
    ['close', { 'content-length': String(8 * 2 ** 20) }],
  ])('lets a client on a %s connection read why its long upload was refused (%j)', async (connection, headers) => {
    const { status, text } = await upload(gateway, 8 * 2 ** 20, {
      'content-type': 'application/json',
      connection,
      ...headers,
    });
    expect([status, JSON.parse(text)]).toEqual([413, shape('request_too_large', expect.any(String))]);
  });

  it('gives up on a body that does not come', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const req = request({
        host: '127.0.0.1',
        port: gateway.port,
        path: CHAT_PATH,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        agent: false,
      });
      req.on('response', (res) => {
        resolve(res.statusCode);
        req.destroy();
      });
      req.on('error', reject);
      req.write('{"model"');
    });
    expect(answer).toBe(408);
  });

  it.each<[ErrorCode, string | null]>([
    ['invalid_request', 'messages[0].content'],
    ['model_not_found', 'model'],
    ['context_length_exceeded', 'messages'],
    ['internal_error', null],
    ['backend_unavailable', null],
    ['inference_timeout', null],
  ])('passes %s of the engine on', async (code, param) => {
    const { status, type } = ERROR_CODES[code];
    const body = { error: { code, message: `the engine says ${code}`, type, param } };
    engine.answerWith(errorAnswer(status, body, { 'x-error-origin': 'runtime', 'retry-after': '7' }));
    for (const stream of [false, true]) {
      const answer = await askChat(gateway, { stream });
      expect([answer.status, answer.json()]).toEqual([status, body]);
      expect(answer.headers['x-error-origin']).toBe('runtime');
      expect(answer.headers['retry-after']).toBe('7');
      expect(answer.headers['x-tier']).toBe('small');
    }
  });

  it.each<[string, number, string]>([
    ['HTML', 502, '<html>secret path</html>'],
    ['nothing', 500, ''],
    ['an unknown code', 400, '{"error":{"code":"strange","message":"secret"}}'],
    ['a redirect', 302, ''],
    ['a huge text', 500, 'x'.repeat(2 ** 20)],
  ])('hides an error of the engine that is %s', async (_, status, body) => {
    engine.answerWith(errorAnswer(status, body));
    const answer = await askChat(gateway);
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual(
      shape('backend_unavailable', `The inference engine answered ${status} without a readable error.`),
    );
    expect(answer.headers['x-error-origin']).toBe('engine');
  });

  it('answers 503 when the engine hangs up before its answer', async () => {
    engine.answerWith(({ res }) => {
      res.destroy();
    });
    const answer = await askChat(gateway);
    expect([answer.status, answer.json()]).toEqual([
      503,
      shape('backend_unavailable', expect.stringContaining(engine.url)),
    ]);
  });

  it('answers 503 when the engine dies in the middle of a plain answer', async () => {
    engine.answerWith(({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      res.write('{"id":', () => res.destroy());
    });
    const answer = await askChat(gateway);
    expect([answer.status, answer.json()]).toEqual([
      503,
      shape('backend_unavailable', expect.stringContaining('in the middle')),
    ]);
  });

  it('answers 503 when the engine names its model in a way that cannot be read', async () => {
    engine.answerWith(({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json', 'x-served-model': '%E0%A4%A' });
      res.end('{}');
    });
    const answer = await askChat(gateway);
    expect(answer.status).toBe(503);
  });

  it('does not hold a plain answer of any size', async () => {
    engine.answerWith(({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(2 ** 20, ' ');
      const more = (): void => {
        while (!res.destroyed) {
          if (!res.write(chunk)) {
            res.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const answer = await askChat(gateway);
    expect([answer.status, answer.json()]).toEqual([
      503,
      shape('backend_unavailable', expect.stringContaining('larger than')),
    ]);
    expect(await engine.lastChat.ended).toBe('cut');
  });

  it('answers the next chat on time after all of that', async () => {
    engine.answerWith(plainAnswer('hello'));
    const answers: Answer[] = await Promise.all([askChat(gateway), askChat(gateway), askChat(gateway)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  });
});

describe.each(DISPATCHES)('a gateway without its engine, dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  it('answers 503 and says where it looked', async () => {
    const engine = await FakeEngine.start();
    await engine.close();
    const gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES } });
    try {
      for (const stream of [false, true]) {
        const answer = await askChat(gateway, { stream });
        expect([answer.status, answer.json()]).toEqual([
          503,
          shape(
            'backend_unavailable',
            `The inference engine does not answer at ${engine.url}. Start it, or set ENGINE_URL.`,
          ),
        ]);
        expect(answer.headers['retry-after']).toBe('1');
        expect(answer.headers['x-error-origin']).toBe('gateway');
      }
    } finally {
      await gateway.stop();
    }
  });

  it('answers 504 when a plain answer takes longer than the tier allows', async () => {
    const engine = await FakeEngine.start();
    engine.answerWith(() => undefined);
    const gateway = await startGateway(engine.url, {
      settings: { TOKEN_ROUTES },
      catalog: 'tiers: { small: { timeoutSeconds: 1 } }',
    });
    try {
      const answer = await askChat(gateway);
      expect([answer.status, answer.json()]).toEqual([504, shape('inference_timeout', expect.any(String))]);
      expect(engine.lastChat.headers['x-timeout-ms']).toBe('1000');
      expect(await engine.lastChat.ended).toBe('cut');
    } finally {
      await gateway.stop();
      await engine.close();
    }
  }, 15_000);
});
