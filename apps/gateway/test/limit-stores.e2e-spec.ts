import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Claim, Grant, LimitStore, Scope, Verdict } from '../src/admission/limit-store.contract.js';
import { MemoryLimitStore } from '../src/admission/memory-limit-store.service.js';
import { RedisLimits } from '../src/admission/redis-limits.client.js';
import { RedisServer, ensureRedis } from './redis.harness.js';

const missing = ensureRedis();

/** A time that only the test moves. */
class Clock {
  now = 1_000_000;
  readonly read = (): number => this.now;
}

interface Limits {
  readonly requests?: number;
  readonly tokens?: number;
  readonly places?: number;
}

let names = 0;

/** Claims of a caller that nobody was before. */
function caller({ requests, tokens, places }: Limits): (amount?: number) => Claim {
  names += 1;
  const name = `caller-${names}`;
  return (amount = 1) => ({
    caller: name,
    requests: requests === undefined ? undefined : { scope: 'small', limit: requests, amount: 1 },
    tokens: tokens === undefined ? undefined : { scope: 'small', limit: tokens, amount },
    place: places === undefined ? undefined : { scope: 'small', limit: places },
  });
}

/** What every store has to do. Each makes a store that reads this clock. */
function conformance(storeOf: (clock: Clock) => LimitStore): void {
  async function granted(store: LimitStore, claim: Claim): Promise<Grant> {
    const { grant } = await store.take(claim);
    if (!grant) throw new Error('The claim was refused.');
    return grant;
  }

  /** The settlements of a shared store are on their way when they were told; the next question comes behind them. */
  async function usedTokens(store: LimitStore, claim: Claim): Promise<number | undefined> {
    return (await store.take({ ...claim, tokens: claim.tokens && { ...claim.tokens, amount: 0 } })).tokens?.used;
  }

  it('grants up to the limit, then refuses until the first has left', async () => {
    const clock = new Clock();
    const store = storeOf(clock);
    const claim = caller({ requests: 2 });
    await granted(store, claim());
    clock.now += 10_000;
    await granted(store, claim());
    clock.now += 5000;
    expect(await store.take(claim())).toEqual({
      grant: undefined,
      crowded: false,
      requests: { used: 2, waitMs: 45_000, emptyInMs: 55_000 },
      tokens: undefined,
    });
    clock.now += 44_999;
    expect((await store.take(claim())).grant).toBeUndefined();
    clock.now += 1;
    const { requests } = await store.take(claim());
    expect(requests).toEqual({ used: 2, waitMs: 0, emptyInMs: 60_000 });
  });

  it('counts all of a claim, or nothing of it', async () => {
    const store = storeOf(new Clock());
    const claim = caller({ requests: 5, tokens: 100, places: 1 });
    const first = await granted(store, claim(60));
    expect(await store.take(claim(60))).toMatchObject({ grant: undefined, crowded: true, tokens: { used: 60 } });
    first.settle(60);
    expect(await store.take(claim(60))).toMatchObject({
      grant: undefined,
      crowded: false,
      requests: { used: 1, waitMs: 0 },
      tokens: { used: 60, waitMs: 60_000 },
    });
    expect((await store.take(claim(40))).grant).toBeDefined();
  });

  it('gives back what was not used, and takes what was used beyond from now on', async () => {
    const clock = new Clock();
    const store = storeOf(clock);
    const claim = caller({ tokens: 1000 });
    const [less, more] = [await granted(store, claim(500)), await granted(store, claim(100))];
    less.settle(200);
    expect(await usedTokens(store, claim())).toBe(300);
    clock.now += 30_000;
    more.settle(150);
    expect(await usedTokens(store, claim())).toBe(350);
    clock.now += 30_000;
    expect(await usedTokens(store, claim())).toBe(50);
    clock.now += 30_000;
    expect(await usedTokens(store, claim())).toBe(0);
  });

  it('gives no credit for what has left already', async () => {
    const clock = new Clock();
    const store = storeOf(clock);
    const claim = caller({ tokens: 100 });
    const old = await granted(store, claim(100));
    clock.now += 60_000;
    await granted(store, claim(70));
    old.settle(0);
    expect(await usedTokens(store, claim())).toBe(70);
  });

  it('lets no more run at the same time than there are places', async () => {
    const store = storeOf(new Clock());
    const claim = caller({ places: 2 });
    const [first] = [await granted(store, claim()), await granted(store, claim())];
    expect(await store.take(claim())).toMatchObject({ grant: undefined, crowded: true });
    first.settle(0);
    await granted(store, claim());
    expect((await store.take(claim())).grant).toBeUndefined();
  });

  it('keeps tiers apart, and what is counted over all of them', async () => {
    const store = storeOf(new Clock());
    const claim = caller({ requests: 1, tokens: 10, places: 1 })(10);
    const of = (scope: Scope): Claim => ({
      caller: claim.caller,
      requests: claim.requests && { ...claim.requests, scope },
      tokens: claim.tokens && { ...claim.tokens, scope },
      place: claim.place && { ...claim.place, scope },
    });
    for (const scope of ['small', 'main', 'all'] as const) {
      await granted(store, of(scope));
      expect((await store.take(of(scope))).grant).toBeUndefined();
    }
  });

  it('keeps callers apart', async () => {
    const store = storeOf(new Clock());
    const [one, other] = [caller({ requests: 1 }), caller({ requests: 1 })];
    await granted(store, one());
    await granted(store, other());
    expect((await store.take(one())).grant).toBeUndefined();
  });
}

describe('the store of limits in memory', () => {
  conformance((clock) => new MemoryLimitStore(clock.read));

  it('answers without being waited for', () => {
    expect(new MemoryLimitStore().take(caller({ requests: 1 })())).not.toBeInstanceOf(Promise);
  });
});

const withRedis = missing === undefined ? describe : describe.skip;

withRedis(`the store of limits in a real Redis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let redis: RedisServer;
  const clients: RedisLimits[] = [];

  async function connect(clock?: Clock): Promise<RedisLimits> {
    let client: RedisLimits | undefined;
    await new Promise<void>((resolve, reject) => {
      const url = redis.url;
      client = new RedisLimits(
        { url, timeoutMs: 5000, ...(clock ? { clock: clock.read } : {}) },
        { back: resolve, lost: reject },
      );
      clients.push(client);
    });
    return client!;
  }

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await redis.stop();
  });

  conformance((clock) => {
    const connected = connect(clock);
    return { take: async (claim) => (await connected).take(claim) };
  });

  it('decides as the memory does, whatever is asked for', async () => {
    const clock = new Clock();
    const shared = await connect(clock);
    const memory = new MemoryLimitStore(clock.read);
    const steps = fc.array(
      fc.record({
        pause: fc.nat(9000),
        amount: fc.integer({ min: 0, max: 60 }),
        /** Which of the grants so far ends before, and with how many tokens. */
        ends: fc.option(fc.record({ which: fc.nat(100), used: fc.nat(90) })),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const plain = ({ grant, ...verdict }: Verdict): object => ({ ...verdict, granted: grant !== undefined });
    await fc.assert(
      fc.asyncProperty(steps, async (asked) => {
        const claim = caller({ requests: 12, tokens: 200, places: 6 });
        const running: Grant[][] = [];
        for (const { pause, amount, ends } of asked) {
          clock.now += pause;
          const ended = ends && running.length > 0 ? running.splice(ends.which % running.length, 1)[0] : undefined;
          if (ends) for (const grant of ended ?? []) grant.settle(ends.used);
          const verdicts = [memory.take(claim(amount)), await shared.take(claim(amount))] as const;
          expect(plain(verdicts[1])).toEqual(plain(verdicts[0]));
          const grants = verdicts.flatMap(({ grant }) => grant ?? []);
          if (grants.length > 0) running.push(grants);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts for several clients together, each request once', async () => {
    const several = await Promise.all([connect(), connect(), connect()]);
    const claim = caller({ requests: 100 });
    const verdicts = await Promise.all(
      Array.from({ length: 300 }, (_, index) => several[index % several.length]!.take(claim())),
    );
    expect(verdicts.filter(({ grant }) => grant)).toHaveLength(100);
  });

  it('forgets the place of a gateway that is gone, and no other', async () => {
    const clock = new Clock();
    const [gone, stays] = [await connect(clock), await connect(clock)];
    const claim = caller({ places: 1 });
    await gone.take(claim());
    gone.close();
    clock.now += 29_999;
    expect(await stays.take(claim())).toMatchObject({ crowded: true });
    clock.now += 1;
    expect((await stays.take(claim())).grant).toBeDefined();
  });
});
