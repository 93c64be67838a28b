import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, errorAnswer, plainAnswer, streamAnswer } from '@local-llm-agent/testing';
import { DISPATCHES, askChat, startGateway, type RunningGateway } from './gateway.harness.js';

const limits = (requests: number, tokens: number): string =>
  `tiers: { small: { requestsPerMinute: ${requests}, tokensPerMinute: ${tokens} }, main: { requestsPerMinute: 5, tokensPerMinute: 0 } }`;

describe.each(DISPATCHES)('rate limits of chats dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway | undefined;

  async function start(catalog: string | undefined, RATE_LIMITS = true): Promise<RunningGateway> {
    gateway = await startGateway(engine.url, {
      settings: { TOKEN_ROUTES, RATE_LIMITS },
      ...(catalog === undefined ? {} : { catalog }),
    });
    return gateway;
  }

  async function statuses(count: number, fields: object = {}): Promise<number[]> {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) found.push((await askChat(gateway!, fields)).status);
    return found;
  }

  beforeEach(async () => {
    engine = await FakeEngine.start();
  });

  afterEach(async () => {
    await gateway?.stop();
    await engine.close();
  });

  it('refuses one request more than the tier allows, with the time to wait', async () => {
    await start(limits(3, 0));
    expect(await statuses(3)).toEqual([200, 200, 200]);
    const refused = await askChat(gateway!);
    expect(refused.status).toBe(429);
    expect(refused.json()).toEqual({
      error: {
        code: 'rate_limited',
        message: expect.stringMatching(
          /^The limit of 3 requests a minute of tier small is used up\. Try again in \d+ s\.$/,
        ),
        type: 'rate_limit_error',
        param: null,
      },
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.headers['x-tier']).toBe('small');
    expect(engine.exchanges).toHaveLength(3);
  });

  it('counts each tier for itself', async () => {
    await start(limits(1, 0));
    expect(await statuses(2)).toEqual([200, 429]);
    expect((await askChat(gateway!, {}, { 'x-tier': 'main' })).status).toBe(200);
  });

  it('keeps the documented numbers when the catalog has none', async () => {
    await start(undefined);
    expect(await statuses(41, { max_tokens: 1 })).toEqual([...Array<number>(40).fill(200), 429]);
    const main = { model: 'gpt-oss:20b', max_tokens: 1 };
    expect(await statuses(11, main)).toEqual([...Array<number>(10).fill(200), 429]);
  });

  it('does not limit anything when it is switched off', async () => {
    await start(limits(1, 10), false);
    expect(await statuses(5)).toEqual([200, 200, 200, 200, 200]);
  });

  it.each([
    ['headers of a plain answer', false],
    ['trailers of a stream', true],
  ])('settles the tokens by the %s', async (_, stream) => {
    await start(limits(0, 1000));
    const used = { promptTokens: 100, completionTokens: 100 };
    engine.answerWith(stream ? streamAnswer(['a'], used) : plainAnswer('a', used));
    // Each sets aside more than 300 and uses 200: without the settlement the fourth would be refused.
    expect(await statuses(4, { stream, max_tokens: 300 })).toEqual([200, 200, 200, 200]);
    expect(await statuses(1, { stream, max_tokens: 300 })).toEqual([429]);
  });

  it('gives the tokens of a failed request back', async () => {
    await start(limits(0, 1000));
    engine.answerWith(errorAnswer(503, ''));
    expect(await statuses(3, { max_tokens: 900 })).toEqual([503, 503, 503]);
    engine.answerWith(plainAnswer('a'));
    expect(await statuses(1, { max_tokens: 900 })).toEqual([200]);
  });

  it('takes nothing for the prompt of a failed request either', async () => {
    await start(limits(0, 1000));
    engine.answerWith(errorAnswer(503, ''));
    const fields = { messages: [{ role: 'user', content: 'word '.repeat(500) }], max_tokens: 10 };
    expect(await statuses(3, fields)).toEqual([503, 503, 503]);
  });

  it('lets a small request in after one that was refused for its size', async () => {
    await start(limits(0, 1000));
    engine.answerWith(plainAnswer('a', { promptTokens: 250, completionTokens: 250 }));
    expect(await statuses(1, { max_tokens: 500 })).toEqual([200]);
    expect(await statuses(1, { max_tokens: 900 })).toEqual([429]);
    expect(await statuses(1, { max_tokens: 100 })).toEqual([200]);
  });

  it('does not count requests that were never understood', async () => {
    await start(limits(1, 0));
    expect(await statuses(3, { temperature: 'hot' })).toEqual([400, 400, 400]);
    expect(await statuses(1)).toEqual([200]);
  });
});
