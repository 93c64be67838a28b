import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ApiError, type Tier } from '@local-llm-agent/contracts';
import type { BudgetStore } from './budget-store.contract.js';
import { anonymousCaller, type Caller, type CallerLimits } from './caller.types.js';
import type { LimitStand } from './limit-headers.translate.js';
import { MemoryLimitStore } from './memory-limit-store.service.js';
import { RateLimitService, type Reservation } from './rate-limit.service.js';

function callerOf(id: string, limits: Partial<CallerLimits> = {}): Caller {
  const nobody = anonymousCaller(id);
  const keyId = limits.tokensPerMonth === undefined ? undefined : id;
  return { ...nobody, keyId, limits: { ...nobody.limits, ...limits } };
}

/** Counts tokens by month in memory. */
function budgetInMemory(): BudgetStore {
  const used = new Map<string, number>();
  const keyOf = (id: string): string => `${new Date().toISOString().slice(0, 7)} ${id}`;
  return {
    usedThisMonth: (id) => used.get(keyOf(id)) ?? 0,
    add: (id, tokens) => used.set(keyOf(id), (used.get(keyOf(id)) ?? 0) + tokens),
  };
}

describe('the rate limits', () => {
  const decisions: string[] = [];
  let stand: LimitStand | undefined;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 31, 23, 59, 0) });
    decisions.length = 0;
    stand = undefined;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function limits(
    requestsPerMinute: number,
    tokensPerMinute: number,
    enabled = true,
    concurrency = 0,
  ): RateLimitService {
    const tiers = {
      small: { requestsPerMinute, tokensPerMinute, concurrency },
      main: { requestsPerMinute: 1, tokensPerMinute: 0, concurrency: 0 },
    };
    return new RateLimitService({
      tiers: enabled ? tiers : undefined,
      store: new MemoryLimitStore(),
      budget: budgetInMemory(),
      decided: (tier, decision, limit) => decisions.push(`${tier} ${decision} ${limit}`),
    });
  }

  /** Admits, without waiting: memory has the answer at once. */
  function admit(service: RateLimitService, caller: Caller, tokens: number, tier: Tier = 'small'): Reservation {
    const reserved = service.admit({ caller, tier, tokens }, (told) => {
      stand = told;
    });
    if (reserved instanceof Promise) throw new Error('The memory store made a request wait.');
    return reserved;
  }

  /** Admits; gives the seconds to wait when refused. */
  function tryAdmit(
    service: RateLimitService,
    tokens: number,
    caller: Caller | string = 'a',
    tier: Tier = 'small',
  ): 'in' | number {
    try {
      admit(service, typeof caller === 'string' ? callerOf(caller) : caller, tokens, tier);
      return 'in';
    } catch (error) {
      if (error instanceof ApiError && error.code === 'rate_limited') return error.retryAfterSeconds ?? -1;
      throw error;
    }
  }

  it('let in as many requests a minute as the tier says, for each caller', () => {
    const service = limits(2, 0);
    expect([tryAdmit(service, 1), tryAdmit(service, 1), tryAdmit(service, 1)]).toEqual(['in', 'in', 60]);
    expect(tryAdmit(service, 1, 'b')).toBe('in');
  });

  it('count each tier for itself', () => {
    const service = limits(1, 0);
    expect([tryAdmit(service, 1), tryAdmit(service, 1, 'a', 'main'), tryAdmit(service, 1, 'a', 'main')]).toEqual([
      'in',
      'in',
      60,
    ]);
  });

  it('tell how long to wait, and let in after that', () => {
    const service = limits(1, 0);
    tryAdmit(service, 1);
    jest.advanceTimersByTime(45_500);
    expect(tryAdmit(service, 1)).toBe(15);
    jest.advanceTimersByTime(15_000);
    expect(tryAdmit(service, 1)).toBe('in');
  });

  it('say in the error what is used up', () => {
    const service = limits(1, 0);
    admit(service, callerOf('a'), 1);
    expect(() => admit(service, callerOf('a'), 1)).toThrow(
      expect.objectContaining({
        code: 'rate_limited',
        type: 'rate_limit_error',
        message: 'The limit of 1 requests a minute of tier small is used up. Try again in 60 s.',
      }),
    );
  });

  it('set tokens aside and refuse what would pass the limit', () => {
    const service = limits(0, 100);
    expect([tryAdmit(service, 60), tryAdmit(service, 41), tryAdmit(service, 40)]).toEqual(['in', 60, 'in']);
    expect(tryAdmit(service, 1)).toBe(60);
  });

  it('give back what a request did not use', () => {
    const service = limits(0, 100);
    const reservation = admit(service, callerOf('a'), 90);
    reservation.settle(20);
    expect([tryAdmit(service, 80), tryAdmit(service, 1)]).toEqual(['in', 60]);
  });

  it('take what a request used beyond what was set aside', () => {
    const service = limits(0, 100);
    const reservation = admit(service, callerOf('a'), 10);
    reservation.settle(95);
    expect([tryAdmit(service, 6), tryAdmit(service, 5)]).toEqual([60, 'in']);
  });

  it('let a request in that is larger than the limit when nothing else was used', () => {
    const service = limits(0, 100);
    expect([tryAdmit(service, 5000), tryAdmit(service, 1)]).toEqual(['in', 60]);
    expect([tryAdmit(service, 1, 'b'), tryAdmit(service, 5000, 'b')]).toEqual(['in', 60]);
  });

  it('give no credit for a minute that is over', () => {
    const service = limits(0, 100);
    const reservation = admit(service, callerOf('a'), 100);
    jest.advanceTimersByTime(61_000);
    reservation.settle(0);
    expect([tryAdmit(service, 100), tryAdmit(service, 1)]).toEqual(['in', 60]);
  });

  it('do not stop anything when they are off', () => {
    const service = limits(1, 1, false);
    for (let index = 0; index < 5; index += 1) admit(service, callerOf('a'), 1000).settle(5);
    expect(decisions).toEqual([]);
  });

  it('do not stop anything when the tier says 0', () => {
    const service = limits(0, 0);
    for (let index = 0; index < 100; index += 1) admit(service, callerOf('a'), 1_000_000).settle(5);
  });

  it('note each decision once, whichever limit there is', () => {
    const service = limits(2, 100);
    tryAdmit(service, 50);
    tryAdmit(service, 60);
    tryAdmit(service, 1);
    tryAdmit(service, 1);
    tryAdmit(service, 1, 'b', 'main');
    expect(decisions).toEqual([
      'small allowed none',
      'small refused tokens',
      'small allowed none',
      'small refused requests',
      'main allowed none',
    ]);
  });

  it('count nothing of what they refuse', () => {
    const service = limits(2, 100);
    expect([tryAdmit(service, 90), tryAdmit(service, 90), tryAdmit(service, 10)]).toEqual(['in', 60, 'in']);
    expect(stand?.verdict).toMatchObject({ requests: { used: 2 }, tokens: { used: 100 } });
  });

  it('let no double amount through where one minute meets the next', () => {
    const service = limits(10, 0);
    jest.advanceTimersByTime(59_000);
    for (let count = 0; count < 10; count += 1) expect(tryAdmit(service, 1)).toBe('in');
    jest.advanceTimersByTime(2000);
    expect(tryAdmit(service, 1)).toBe(58);
    jest.advanceTimersByTime(57_999);
    expect(tryAdmit(service, 1)).toBe(1);
    jest.advanceTimersByTime(1);
    expect(tryAdmit(service, 1)).toBe('in');
  });

  it('tell how they stand, also to who is refused', () => {
    const service = limits(3, 100);
    tryAdmit(service, 60);
    jest.advanceTimersByTime(1000);
    tryAdmit(service, 60);
    expect(stand?.claim).toMatchObject({ requests: { limit: 3 }, tokens: { limit: 100 } });
    expect(stand?.verdict).toMatchObject({
      grant: undefined,
      requests: { used: 1, waitMs: 0, emptyInMs: 59_000 },
      tokens: { used: 60, waitMs: 59_000, emptyInMs: 59_000 },
    });
  });

  it('count the own limits of a key over all tiers, instead of those of the tiers', () => {
    const service = limits(1, 10);
    const key = callerOf('k', { requestsPerMinute: 3, tokensPerMinute: 100 });
    expect(tryAdmit(service, 30, key)).toBe('in');
    expect(tryAdmit(service, 30, key, 'main')).toBe('in');
    expect(() => admit(service, key, 50)).toThrow('The limit of 100 tokens a minute of this key is used up.');
    expect(tryAdmit(service, 30, key, 'main')).toBe('in');
    expect(() => admit(service, key, 1)).toThrow('The limit of 3 requests a minute of this key is used up.');
  });

  it('leave a key without limits where its own are 0, and hold them where the tiers limit nothing', () => {
    const free = callerOf('f', { requestsPerMinute: 0, tokensPerMinute: 0 });
    const service = limits(1, 1);
    for (let count = 0; count < 5; count += 1) expect(tryAdmit(service, 50, free)).toBe('in');
    const off = limits(1, 1, false);
    const key = callerOf('k', { requestsPerMinute: 1 });
    expect([tryAdmit(off, 1, key), tryAdmit(off, 1, key)]).toEqual(['in', 60]);
  });

  it('let so many requests of a caller run at the same time, and the next when one has ended', () => {
    const service = limits(0, 0, true, 2);
    const first = admit(service, callerOf('a'), 1);
    admit(service, callerOf('a'), 1);
    expect(() => admit(service, callerOf('a'), 1)).toThrow(
      '2 requests run already, as many at the same time as tier small allows. Wait until one has ended.',
    );
    expect(tryAdmit(service, 1)).toBe(1);
    expect([tryAdmit(service, 1, 'b'), tryAdmit(service, 1, 'a', 'main')]).toEqual(['in', 'in']);
    first.settle(1);
    expect([tryAdmit(service, 1), tryAdmit(service, 1)]).toEqual(['in', 1]);
    expect(decisions.filter((decision) => decision.includes('concurrency'))).toHaveLength(3);
  });

  it('count the requests of a key with an own limit in all tiers together', () => {
    const service = limits(0, 0);
    const key = callerOf('k', { concurrency: 1 });
    admit(service, key, 1);
    expect(() => admit(service, key, 1, 'main')).toThrow(
      '1 request runs already, as many at the same time as this key',
    );
  });

  it('refuse a key whose tokens of the month are used up, until the next month', () => {
    const service = limits(0, 0);
    const key = callerOf('k', { tokensPerMonth: 100 });
    admit(service, key, 50).settle(99);
    const last = admit(service, key, 50);
    // It is free again as soon as that one has ended, not with the next month.
    expect(() => admit(service, key, 1)).toThrow('is set aside for its requests that run. Wait until one has ended');
    expect(tryAdmit(service, 1, key)).toBe(1);
    last.settle(0);
    admit(service, key, 1).settle(1);
    expect(() => admit(service, key, 1)).toThrow(
      'The budget of 100 tokens a month of this key is used up. It starts anew on 2026-02-01 (UTC)',
    );
    expect(tryAdmit(service, 1, key)).toBe(60);
    expect(new Set(decisions)).toEqual(new Set(['small refused budget']));
    expect(tryAdmit(service, 1, 'other')).toBe('in');
    jest.advanceTimersByTime(60_000);
    expect(tryAdmit(service, 1, key)).toBe('in');
  });
});
