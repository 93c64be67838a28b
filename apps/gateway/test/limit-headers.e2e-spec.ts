import { once } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import {
  FakeEngine,
  chatEvent,
  errorAnswer,
  fullAnswer,
  openStream,
  plainAnswer,
  silence,
  streamAnswer,
} from '@local-llm-agent/testing';
import {
  CHAT,
  DISPATCHES,
  ask,
  askChat,
  open,
  startGateway,
  type Answer,
  type RunningGateway,
} from './gateway.harness.js';

const CATALOG = `
tiers:
  small: { requestsPerMinute: 5, tokensPerMinute: 1000 }
  main: { requestsPerMinute: 0, tokensPerMinute: 0 }
models: [{ id: gemma3, tier: small }]
`;
const DURATION = /^(?:\d+m)?\d+(?:\.\d+)?s$|^\d+ms$/;

describe.each(DISPATCHES)('the limits of a request dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  async function start(catalog = CATALOG): Promise<void> {
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES, RATE_LIMITS: true }, catalog });
  }

  beforeEach(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(fullAnswer);
  });

  afterEach(async () => {
    await gateway.stop();
    await engine.close();
  });

  function expectStand({ headers }: Pick<Answer, 'headers'>, requests: number): void {
    expect(headers['x-tier']).toBe('small');
    expect(headers).toMatchObject({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': String(requests),
      'x-ratelimit-reset-requests': expect.stringMatching(DURATION),
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': expect.stringMatching(/^\d+$/),
      'x-ratelimit-reset-tokens': expect.stringMatching(DURATION),
    });
  }

  it('are told on answers, streams, errors and refusals', async () => {
    await start();
    expectStand(await askChat(gateway, { max_tokens: 5 }), 4);
    engine.answerWith(streamAnswer(['a']));
    expectStand(await askChat(gateway, { max_tokens: 5, stream: true }), 3);
    engine.answerWith(errorAnswer(503, ''));
    const failed = await askChat(gateway, { max_tokens: 5 });
    expect(failed.status).toBe(503);
    expectStand(failed, 2);
    const refused = await askChat(gateway, { max_tokens: 999 });
    expect(refused.status).toBe(429);
    expectStand(refused, 2);
    expect(Number(refused.headers['x-ratelimit-remaining-tokens'])).toBeGreaterThan(900);
  });

  it.each([
    ['/v1/completions', { model: 'gemma3', prompt: 'hi', max_tokens: 5 }],
    ['/v1/embeddings', { model: 'gemma3', input: 'hi' }],
    ['/v1/responses', { model: 'gemma3', input: 'hi', max_output_tokens: 5, store: false }],
    ['/v1/messages', { ...CHAT, max_tokens: 5 }],
    ['/v1/messages/count_tokens', CHAT],
    ['/api/chat', { ...CHAT, stream: false, options: { num_predict: 5 } }],
    ['/api/generate', { model: 'gemma3', prompt: 'hi', options: { num_predict: 5 } }],
    ['/chat', { message: 'hi' }],
  ])('are told at %s', async (path, body) => {
    await start();
    const answer = await ask(gateway, { path, body });
    expect([answer.status, answer.text.length > 0]).toEqual([200, true]);
    expectStand(answer, 4);
    expect('anthropic-ratelimit-requests-limit' in answer.headers).toBe(path.startsWith('/v1/messages'));
  });

  it('are left out where there are none', async () => {
    await start();
    const { headers } = await askChat(gateway, {}, { 'x-tier': 'main' });
    expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
  });

  it('are known to the package of OpenAI by its error, with the time to wait', async () => {
    await start(CATALOG.replace('requestsPerMinute: 5', 'requestsPerMinute: 1'));
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'any', maxRetries: 0 });
    await client.chat.completions.create({ model: 'gemma3', messages: [{ role: 'user', content: 'hi' }] });
    const error = await client.chat.completions
      .create({ model: 'gemma3', messages: [{ role: 'user', content: 'hi' }] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers, code } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect([code, Number(headers.get('retry-after')) > 50]).toEqual(['rate_limited', true]);
  });

  it('are known to the package of Anthropic by its own headers', async () => {
    await start();
    const client = new Anthropic({ baseURL: `http://127.0.0.1:${gateway.port}`, apiKey: 'any', maxRetries: 0 });
    const { response } = await client.messages
      .create({ model: 'gemma3', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] })
      .withResponse();
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('5');
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('4');
    expect(response.headers.get('anthropic-ratelimit-tokens-limit')).toBe('1000');
    const reset = Date.parse(response.headers.get('anthropic-ratelimit-tokens-reset') ?? '');
    expect(Math.abs(reset - Date.now() - 60_000)).toBeLessThan(5000);
  });

  /** What is left when nothing is wanted; settling has been seen to when the number does not change any more. */
  async function left(): Promise<number> {
    engine.answerWith(errorAnswer(503, ''));
    const { headers } = await askChat(gateway, { messages: [{ role: 'user', content: '' }], max_tokens: 1 });
    return Number(headers['x-ratelimit-remaining-tokens']);
  }

  it('take from a stream that its client leaves the prompt and what was written', async () => {
    await start();
    const before = await left();
    engine.answerWith(async ({ res }) => {
      openStream(res);
      res.write(chatEvent(''));
      for (let event = 0; event < 30; event += 1) {
        res.write(chatEvent('a'));
        await new Promise(setImmediate);
      }
    });
    const answer = await open(gateway, { body: { ...CHAT, max_tokens: 500, stream: true } });
    let text = '';
    for await (const part of answer) {
      text += String(part);
      if (text.split('data: ').length > 30) break;
    }
    answer.destroy();
    await engine.lastChat.ended;
    const used = before - (await left());
    expect(used).toBeGreaterThanOrEqual(30);
    expect(used).toBeLessThan(60);
  });

  it('take from an answer that its client does not wait for the prompt', async () => {
    await start();
    const before = await left();
    engine.answerWith(silence);
    const leaving = new AbortController();
    const asked = engine.nextChat();
    const content = 'word '.repeat(100);
    const answer = open(gateway, {
      body: { ...CHAT, messages: [{ role: 'user', content }], max_tokens: 500 },
      signal: leaving.signal,
    }).catch(() => undefined);
    const { ended } = await asked;
    leaving.abort();
    await answer;
    await ended;
    const used = before - (await left());
    expect(used).toBeGreaterThan(90);
    expect(used).toBeLessThan(250);
  });

  it('hold for requests at the same time, where the tier says so', async () => {
    await start('tiers: { small: { requestsPerMinute: 0, tokensPerMinute: 0, concurrency: 1 } }');
    engine.answerWith(silence);
    const leaving = new AbortController();
    const asked = engine.nextChat();
    const running = open(gateway, { body: CHAT, signal: leaving.signal }).catch(() => undefined);
    const { ended } = await asked;
    engine.answerWith(plainAnswer('a'));
    const refused = await askChat(gateway);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.json()).toMatchObject({
      error: {
        code: 'rate_limited',
        message: '1 request runs already, as many at the same time as tier small allows. Wait until one has ended.',
      },
    });
    leaving.abort();
    await running;
    await ended;
    expect((await askChat(gateway)).status).toBe(200);
  });
});

describe('a stream that has ended', () => {
  it('leaves the place of its caller', async () => {
    const engine = await FakeEngine.start();
    const catalog = 'tiers: { small: { requestsPerMinute: 0, tokensPerMinute: 0, concurrency: 1 } }';
    const gateway = await startGateway(engine.url, { settings: { RATE_LIMITS: true }, catalog });
    engine.answerWith(streamAnswer(['a']));
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await open(gateway, { body: { ...CHAT, stream: true } });
      expect(answer.statusCode).toBe(200);
      answer.resume();
      await once(answer, 'end');
    }
    await gateway.stop();
    await engine.close();
  });
});
