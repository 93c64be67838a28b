import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import { ApiError, type Tier } from '@local-llm-agent/contracts';
import { RateLimitService } from './rate-limit.service.js';

describe('the rate limits', () => {
  const decisions: string[] = [];

  beforeEach(() => {
    jest.useFakeTimers();
    decisions.length = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function limits(requests: number, tokens: number, enabled = true): RateLimitService {
    const yaml = `tiers: { small: { requestsPerMinute: ${requests}, tokensPerMinute: ${tokens} }, main: { requestsPerMinute: 1, tokensPerMinute: 0 } }`;
    return new RateLimitService(new CatalogIndex(parseCatalog(yaml, 'test')), enabled, (tier, decision) =>
      decisions.push(`${tier} ${decision}`),
    );
  }

  /** Admits; gives the seconds to wait when refused. */
  async function tryAdmit(
    service: RateLimitService,
    tokens: number,
    caller = 'a',
    tier: Tier = 'small',
  ): Promise<'in' | number> {
    try {
      await service.admit(caller, tier, tokens);
      return 'in';
    } catch (error) {
      if (error instanceof ApiError && error.status === 429) return error.retryAfterSeconds ?? -1;
      throw error;
    }
  }

  it('let in as many requests a minute as the tier says, for each caller', async () => {
    const service = limits(2, 0);
    expect([await tryAdmit(service, 1), await tryAdmit(service, 1), await tryAdmit(service, 1)]).toEqual([
      'in',
      'in',
      60,
    ]);
    expect(await tryAdmit(service, 1, 'b')).toBe('in');
  });

  it('count each tier for itself', async () => {
    const service = limits(1, 0);
    expect([
      await tryAdmit(service, 1),
      await tryAdmit(service, 1, 'a', 'main'),
      await tryAdmit(service, 1, 'a', 'main'),
    ]).toEqual(['in', 'in', 60]);
  });

  it('tell how long to wait, and let in after that', async () => {
    const service = limits(1, 0);
    await tryAdmit(service, 1);
    jest.advanceTimersByTime(45_500);
    expect(await tryAdmit(service, 1)).toBe(15);
    jest.advanceTimersByTime(15_000);
    expect(await tryAdmit(service, 1)).toBe('in');
  });

  it('say in the error what is used up', async () => {
    const service = limits(1, 0);
    await service.admit('a', 'small', 1);
    await expect(service.admit('a', 'small', 1)).rejects.toMatchObject({
      code: 'rate_limited',
      type: 'rate_limit_error',
      message: 'The limit of 1 requests a minute of tier small is used up. Try again in 60 s.',
    });
  });

  it('set tokens aside and refuse what would pass the limit', async () => {
    const service = limits(0, 100);
    expect([await tryAdmit(service, 60), await tryAdmit(service, 41), await tryAdmit(service, 40)]).toEqual([
      'in',
      60,
      'in',
    ]);
    expect(await tryAdmit(service, 1)).toBe(60);
  });

  it('give back what a request did not use', async () => {
    const service = limits(0, 100);
    const reservation = await service.admit('a', 'small', 90);
    reservation.settle(20);
    expect([await tryAdmit(service, 80), await tryAdmit(service, 1)]).toEqual(['in', 60]);
  });

  it('take what a request used beyond what was set aside', async () => {
    const service = limits(0, 100);
    const reservation = await service.admit('a', 'small', 10);
    reservation.settle(95);
    expect([await tryAdmit(service, 6), await tryAdmit(service, 5)]).toEqual([60, 'in']);
  });

  it('let a request in that is larger than the limit when nothing else was used', async () => {
    const service = limits(0, 100);
    expect([await tryAdmit(service, 5000), await tryAdmit(service, 1)]).toEqual(['in', 60]);
    expect([await tryAdmit(service, 1, 'b'), await tryAdmit(service, 5000, 'b')]).toEqual(['in', 60]);
  });

  it('give no credit for a minute that is over', async () => {
    const service = limits(0, 100);
    const reservation = await service.admit('a', 'small', 100);
    jest.advanceTimersByTime(61_000);
    reservation.settle(0);
    expect([await tryAdmit(service, 100), await tryAdmit(service, 1)]).toEqual(['in', 60]);
  });

  it('do not stop anything when they are off', async () => {
    const service = limits(1, 1, false);
    for (let index = 0; index < 5; index += 1) (await service.admit('a', 'small', 1000)).settle(5);
    expect(decisions).toEqual([]);
  });

  it('do not stop anything when the tier says 0', async () => {
    const service = limits(0, 0);
    for (let index = 0; index < 100; index += 1) (await service.admit('a', 'small', 1_000_000)).settle(5);
  });

  it('note each decision once, whichever limit there is', async () => {
    const service = limits(2, 100);
    await tryAdmit(service, 50);
    await tryAdmit(service, 60);
    await tryAdmit(service, 1);
    await tryAdmit(service, 1, 'b', 'main');
    expect(decisions).toEqual(['small allowed', 'small refused', 'small refused', 'main allowed']);
  });
});
