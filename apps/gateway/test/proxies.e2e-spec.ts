import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSettings } from '@local-llm-agent/config';
import { FakeEngine } from '@local-llm-agent/testing';
import { DISPATCHES, ask, askChat, startGateway, type RunningGateway } from './gateway.harness.js';

const CATALOG = 'tiers: { small: { requestsPerMinute: 2, tokensPerMinute: 0 } }\nmodels: [{ id: gemma3, tier: small }]';
const TRIES = 6;

describe.each(DISPATCHES)('who asks through proxies, with token routes dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  const start = async (trust: string): Promise<void> => {
    const { TRUST_PROXY } = loadSettings({ TRUST_PROXY: trust });
    gateway = await startGateway(engine.url, {
      catalog: CATALOG,
      settings: { TRUST_PROXY, TOKEN_ROUTES, RATE_LIMITS: true },
    });
  };
  /** How many of some chats are let in, each with the headers that the function gives it. */
  const letIn = async (headersOf: (index: number) => Record<string, string>): Promise<number> => {
    let count = 0;
    for (let index = 0; index < TRIES; index += 1)
      if ((await askChat(gateway, {}, headersOf(index))).status === 200) count += 1;
    return count;
  };

  beforeEach(async () => {
    engine = await FakeEngine.start();
  });
  afterEach(async () => {
    await gateway.stop();
    await engine.close();
  });

  it('is one however many addresses it claims to have, while no proxy is trusted', async () => {
    await start('off');
    const inventions: ((index: number) => Record<string, string>)[] = [
      (index) => ({ 'x-forwarded-for': `203.0.113.${index}` }),
      (index) => ({ forwarded: `for=203.0.113.${index}` }),
      (index) => ({
        'x-real-ip': `203.0.113.${index}`,
        'x-client-ip': `203.0.113.${index}`,
        'cf-connecting-ip': '1.1.1.1',
      }),
    ];
    let all = 0;
    for (const headersOf of inventions) all += await letIn(headersOf);
    expect(all).toBe(2);
  });

  it.each(['1', '127.0.0.0/8', '::1,127.0.0.1'])(
    'is told by the proxy of TRUST_PROXY=%s, not by what stands before its word',
    async (trust) => {
      await start(trust);
      expect(await letIn((index) => ({ 'x-forwarded-for': `6.6.6.${index}, 203.0.113.1` }))).toBe(2);
      expect(await letIn((index) => ({ 'x-forwarded-for': `6.6.6.${index}, 203.0.113.2` }))).toBe(2);
      // The same address, however it is written.
      expect(await letIn((index) => ({ 'x-forwarded-for': `::ffff:203.0.113.${1 + (index % 2)}` }))).toBe(0);
      // No word of the proxy: the proxy itself.
      expect(await letIn((index) => ({ 'x-forwarded-for': index % 2 === 0 ? '' : `no-address-${index}` }))).toBe(2);
    },
  );

  it('is one with the whole network of 64 bits, where it has an address of IPv6', async () => {
    await start('1');
    expect(await letIn((index) => ({ 'x-forwarded-for': `2001:db8:0:1:${index}::${index}` }))).toBe(2);
    expect(await letIn((index) => ({ 'x-forwarded-for': `[2001:db8:0:2::${index}]:4711` }))).toBe(2);
  });

  it('is not told by a proxy that is not ours', async () => {
    await start('10.0.0.0/8');
    expect(await letIn((index) => ({ 'x-forwarded-for': `203.0.113.${index}` }))).toBe(2);
  });

  it('came by https when a proxy of ours says so', async () => {
    const address = async (): Promise<string> =>
      (await ask(gateway, { path: '/', headers: { 'x-forwarded-proto': 'https' } })).text;
    await start('off');
    expect(await address()).not.toContain('https://127.0.0.1');
    await gateway.stop();
    await start('1');
    expect(await address()).toContain(`https://127.0.0.1:${gateway.port}`);
  });
});
