import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Claim, Verdict } from './limit-store.contract.js';
import { MemoryLimitStore } from './memory-limit-store.service.js';
import { SharedLimitStore } from './shared-limit-store.service.js';
import { WINDOW_MS } from './sliding-window.state.js';

const CLAIM: Claim = {
  caller: 'a',
  requests: { scope: 'small', limit: 3, amount: 1 },
  tokens: { scope: 'small', limit: 100, amount: 20 },
  place: undefined,
};

describe('limits that are shared', () => {
  let now: number;
  let memory: MemoryLimitStore;
  let store: SharedLimitStore;
  let ready: boolean;
  let answer: () => Promise<Verdict>;
  let settled: number[];

  const granted = (): Verdict => ({
    grant: {
      settle: (used) => {
        settled.push(used);
      },
    },
    requests: { used: 30, waitMs: 0, emptyInMs: 1 },
    tokens: { used: 70, waitMs: 0, emptyInMs: 1 },
    crowded: false,
  });

  beforeEach(() => {
    now = 0;
    ready = true;
    settled = [];
    answer = () => Promise.resolve(granted());
    memory = new MemoryLimitStore(() => now);
    const redis = {
      get ready() {
        return ready;
      },
      take: () => answer(),
    };
    store = new SharedLimitStore(redis, memory, () => now);
  });

  const usedHere = (): number | undefined => memory.take({ ...CLAIM, requests: undefined }).tokens?.used;

  it('are what Redis says, and are settled there and noted here', async () => {
    const verdict = await store.take(CLAIM);
    expect([verdict.requests?.used, verdict.tokens?.used]).toEqual([30, 70]);
    verdict.grant?.settle(5);
    expect(settled).toEqual([5]);
    expect(usedHere()).toBe(5 + 20);
  });

  it('are not noted here when Redis refuses', async () => {
    answer = () => Promise.resolve({ ...granted(), grant: undefined });
    expect((await store.take(CLAIM)).grant).toBeUndefined();
    expect(usedHere()).toBe(20);
  });

  it('are counted here, with what Redis granted, when it fails', async () => {
    await store.take(CLAIM);
    answer = () => Promise.reject(new Error('gone'));
    const verdicts = [await store.take(CLAIM), await store.take(CLAIM), await store.take(CLAIM)];
    expect(verdicts.map(({ grant }) => grant !== undefined)).toEqual([true, true, false]);
    expect(verdicts[0]?.requests?.used).toBe(2);
  });

  it('make nobody wait while Redis is known to be away', () => {
    ready = false;
    answer = () => Promise.reject(new Error('Nobody may ask.'));
    expect(store.take(CLAIM)).not.toBeInstanceOf(Promise);
  });

  it('are looked at on both sides for a minute after Redis came back', async () => {
    ready = false;
    for (let count = 0; count < 3; count += 1) expect((await store.take(CLAIM)).grant).toBeDefined();
    ready = true;
    store.redisIsBack();
    const refused = store.take(CLAIM);
    expect(refused).toMatchObject({ grant: undefined, requests: { used: 3 } });
    now += WINDOW_MS;
    expect((await store.take(CLAIM)).requests?.used).toBe(30);
    expect((await store.take(CLAIM)).grant).toBeDefined();
  });
});
