import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, endStream, errorAnswer, openStream, plainAnswer, streamAnswer } from '@local-llm-agent/testing';
import { CHAT, DISPATCHES, ask, askChat, startGateway, type RunningGateway } from './gateway.harness.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.each(DISPATCHES)('headers of a chat dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES } });
  });

  beforeEach(() => {
    engine.answerWith(plainAnswer('hello'));
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it('takes a sane X-Request-ID, echoes it and sends it to the engine', async () => {
    const answer = await askChat(gateway, {}, { 'x-request-id': 'build-42/step:7' });
    expect(answer.headers['x-request-id']).toBe('build-42/step:7');
    expect(engine.lastChat.headers['x-request-id']).toBe('build-42/step:7');
  });

  it.each(['two words', 'quote"', 'x'.repeat(129), 'caf\u00e9', ''])('replaces the X-Request-ID %j', async (id) => {
    const answer = await askChat(gateway, {}, { 'x-request-id': id });
    expect(answer.headers['x-request-id']).toMatch(UUID);
    expect(engine.lastChat.headers['x-request-id']).toBe(answer.headers['x-request-id']);
  });

  it('asks the engine for comments on the place in the queue for those who want them, and passes them on', async () => {
    const comment = ': waiting, 3rd in the queue of gemma3; loading, about 20 s left\n\n';
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(comment);
      endStream(res);
    });
    const answer = await askChat(gateway, { stream: true }, { 'x-wait-events': '1' });
    expect(answer.text.startsWith(comment)).toBe(true);
    expect(engine.lastChat.headers['x-wait-events']).toBe('1');
    await askChat(gateway, { stream: true }, { 'x-wait-events': 'x' });
    expect(engine.lastChat.headers).not.toHaveProperty('x-wait-events');
  });

  it('gives each request its own id', async () => {
    const [one, two] = await Promise.all([askChat(gateway), askChat(gateway)]);
    expect(one.headers['x-request-id']).not.toBe(two.headers['x-request-id']);
  });

  it.each([
    ['the tier of the model', { model: 'gemma3' }, {}, 'small'],
    ['the tier of an alias', { model: 'gpt-oss-20b' }, {}, 'main'],
    ['the tier of what is not in the catalog', { model: 'other' }, {}, 'small'],
    ['the tier that is a model name', { model: 'main' }, {}, 'main'],
    ['small for a short prompt to auto', { model: 'auto' }, {}, 'small'],
    [
      'main for a long prompt to auto',
      { model: 'auto', messages: [{ role: 'user', content: 'x'.repeat(20_000) }] },
      {},
      'main',
    ],
    ['the tier that X-Tier forces', { model: 'gemma3' }, { 'x-tier': 'main' }, 'main'],
  ])('uses %s', async (_, fields, headers: Record<string, string>, tier) => {
    const answer = await askChat(gateway, fields, headers);
    expect(answer.headers['x-tier']).toBe(tier);
    expect(engine.lastChat.headers['x-tier']).toBe(tier);
  });

  it('gives the engine the time of the tier', async () => {
    await askChat(gateway, {}, { 'x-tier': 'main' });
    expect(engine.lastChat.headers['x-timeout-ms']).toBe('1800000');
  });

  it('passes X-Fallback-From on, plain and streamed', async () => {
    engine.answerWith(plainAnswer('hello', { fallbackFrom: 'gpt-oss-20b' }));
    expect((await askChat(gateway)).headers['x-fallback-from']).toBe('gpt-oss-20b');
    engine.answerWith(streamAnswer(['hello'], { fallbackFrom: 'gpt-oss-20b' }));
    expect((await askChat(gateway, { stream: true })).headers['x-fallback-from']).toBe('gpt-oss-20b');
  });

  it('keeps what only the two tiers need between them', async () => {
    engine.answerWith(plainAnswer('hello', { queueMs: 3 }));
    const plain = await askChat(gateway);
    engine.answerWith(({ res }) => {
      res.setHeader('set-cookie', 'a=b');
      res.setHeader('x-queue-ms', '3');
      openStream(res);
      endStream(res, { queueMs: 3 });
    });
    const streamed = await askChat(gateway, { stream: true });
    for (const { headers } of [plain, streamed]) {
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(x-served-model|x-prompt-tokens|x-completion-tokens|x-queue-ms|trailer|set-cookie)$/),
        ]),
      );
    }
  });

  it('does not send headers of the client to the engine', async () => {
    await askChat(gateway, {}, { authorization: 'Bearer secret', 'x-timeout-ms': '1', cookie: 'a=b' });
    expect(engine.lastChat.headers).not.toHaveProperty('authorization');
    expect(engine.lastChat.headers).not.toHaveProperty('cookie');
    expect(engine.lastChat.headers['x-timeout-ms']).toBe('600000');
  });

  it('puts id and latency on every kind of answer, and never names the framework', async () => {
    const answers = [await askChat(gateway), await askChat(gateway, { stream: true })];
    engine.answerWith(errorAnswer(500, ''));
    answers.push(await askChat(gateway));
    for (const path of [
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/v1/models',
      '/nowhere',
      '/v1/models/none',
    ]) {
      answers.push(await ask(gateway, { path }));
    }
    answers.push(
      await ask(gateway, { method: 'DELETE' }),
      await ask(gateway, { body: '{' }),
      await ask(gateway, { method: 'OPTIONS' }),
    );
    for (const { headers } of answers) {
      expect(headers['x-request-id']).toMatch(UUID);
      expect(headers['x-latency-ms']).toMatch(/^\d+$/);
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });

  it('answers what the request says and nothing more for HEAD', async () => {
    const answer = await ask(gateway, { method: 'HEAD', path: '/health/live' });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('asks clients to close their connections while it drains, and still answers', async () => {
    const draining = await startGateway(engine.url, { settings: { TOKEN_ROUTES } });
    try {
      const keepAlive = { connection: 'keep-alive' };
      expect((await askChat(draining, {}, keepAlive)).headers.connection).toBe('keep-alive');
      draining.edge.drain();
      const answers = [
        await askChat(draining, {}, keepAlive),
        await askChat(draining, { stream: true }, keepAlive),
        await ask(draining, { body: '{', headers: keepAlive }),
        await ask(draining, { path: '/health/live', headers: keepAlive }),
      ];
      expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([
        [200, 'close'],
        [200, 'close'],
        [400, 'close'],
        [200, 'close'],
      ]);
    } finally {
      await draining.stop();
    }
  });

  it('accepts JSON with a charset and JSON dialects', async () => {
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json']) {
      expect((await ask(gateway, { body: CHAT, headers: { 'content-type': type } })).status).toBe(200);
    }
  });
});
