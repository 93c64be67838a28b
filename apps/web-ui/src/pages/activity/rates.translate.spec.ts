import { describe, expect, it } from '@jest/globals';
import type { ActivityBucket, GatewayActivity } from '@local-llm-agent/contracts';
import { errorsOf, ratesNow, toRates } from './rates.translate';

const START = Date.UTC(2026, 0, 20, 10, 0, 0);
const iso = (second: number): string => new Date(START + second * 1000).toISOString();

function bucket(second: number, requests: number): ActivityBucket {
  return {
    from: iso(second),
    requests,
    ok: requests,
    refused: 1,
    limited: 2,
    failed: 3,
    clientLeft: 4,
    promptTokens: requests * 10,
    completionTokens: requests * 20,
    firstTokenMs: { count: 1, p50: 100, p95: 200 },
    queueMs: { count: 0, p50: null, p95: null },
  };
}

function activity(time: number, ...buckets: ActivityBucket[]): GatewayActivity {
  const totals = bucket(0, 0);
  return { time: iso(time), startedAt: iso(0), windowSeconds: 300, stepSeconds: 5, totals, buckets };
}

describe('rates', () => {
  it('are a second, and errors are counted', () => {
    expect(toRates(activity(60, bucket(5, 10)))).toEqual([
      {
        time: START + 5000,
        requests: 2,
        prompt: 20,
        completion: 40,
        p50: 100,
        p95: 200,
        queueP95: null,
        refused: 1,
        limited: 2,
        failed: 3,
        clientLeft: 4,
      },
    ]);
    expect(errorsOf(bucket(5, 10))).toBe(6);
  });

  it('of a step that goes on are those of the time that has passed, half the step at least', () => {
    const at = (time: number): number | undefined => toRates(activity(time, bucket(0, 10)))[0]?.requests;
    expect([at(1), at(4), at(9)]).toEqual([4, 2.5, 2]);
  });

  it('of now are the mean of the last two steps', () => {
    const points = toRates(activity(100, bucket(0, 50), bucket(5, 5), bucket(10, 10)));
    expect(ratesNow(points)).toEqual({ requests: 1.5, tokens: 45 });
    expect(ratesNow([])).toEqual({ requests: 0, tokens: 0 });
  });
});
