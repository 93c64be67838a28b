import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LONG_CHAT, errorOf, postChat } from './support/chat.js';
import { System } from './support/system.js';

const TOKENS_PER_MINUTE = 150;
/** What the gateway takes the prompt for; the real one is longer. */
const SET_ASIDE_FOR_PROMPT = 18;
const CATALOG = `
tiers:
  small: { requestsPerMinute: 3, tokensPerMinute: 0 }
  main: { requestsPerMinute: 0, tokensPerMinute: ${TOKENS_PER_MINUTE} }
`;

let system: System;
beforeAll(async () => {
  system = await System.start({ catalog: CATALOG, settings: { RATE_LIMITS: 'on' } });
}, 120_000);
afterAll(() => system.stop(), 60_000);

function ask(tier: string, maxTokens = 1, url = system.gatewayUrl): Promise<Response> {
  return postChat(url, { ...LONG_CHAT, max_tokens: maxTokens }, { headers: { 'x-tier': tier } });
}

async function expectRefused(response: Response, tier: string, message: string): Promise<void> {
  expect(response.headers.get('x-tier')).toBe(tier);
  expect(response.headers.get('x-request-id')).toMatch(/./);
  const seconds = Number(response.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(await errorOf(response)).toEqual({
    status: 429,
    code: 'rate_limited',
    type: 'rate_limit_error',
    param: null,
    message: expect.stringContaining(message),
  });
}

describe('the limits of a tier', () => {
  it('let in so many requests a minute, and no more', async () => {
    for (let count = 0; count < 3; count += 1) expect((await ask('small')).status).toBe(200);
    await expectRefused(await ask('small'), 'small', '3 requests a minute');
    await expectRefused(await ask('small'), 'small', '3 requests a minute');
  }, 60_000);

  it('count for their own tier only, and take the real tokens of an answer', async () => {
    const response = await ask('main', 50);
    const { usage } = (await response.json()) as { usage: { total_tokens: number } };
    expect([response.status, usage.total_tokens]).toEqual([200, expect.any(Number)]);
    expect(usage.total_tokens).toBeGreaterThan(SET_ASIDE_FOR_PROMPT + 50);
    // One token more than is left.
    const left = TOKENS_PER_MINUTE - usage.total_tokens;
    await expectRefused(await ask('main', left - SET_ASIDE_FOR_PROMPT + 1), 'main', '150 tokens a minute');
    // What was refused has used nothing.
    expect((await ask('main', 1)).status).toBe(200);
  }, 60_000);

  it('show in the metrics', async () => {
    const decisions = (labels: string): Promise<number> =>
      system.metric(system.gatewayUrl, 'llm_rate_limit_decisions_total', labels);
    expect(await decisions('tier="small",decision="refused"')).toBe(2);
    expect(await decisions('tier="main",decision="refused"')).toBe(1);
  });

  it('can be switched off', async () => {
    const { program, url } = await system.anotherGateway({ RATE_LIMITS: 'off' });
    try {
      for (let count = 0; count < 5; count += 1) expect((await ask('small', 1, url)).status).toBe(200);
      for (let count = 0; count < 3; count += 1) expect((await ask('main', 50, url)).status).toBe(200);
    } finally {
      await program.stop();
    }
  }, 60_000);
});
