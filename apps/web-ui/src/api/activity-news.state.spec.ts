import { describe, expect, it } from '@jest/globals';
import type { ActivityBucket, GatewayActivity } from '@local-llm-agent/contracts';
import { joinActivity } from './activity-news.state';

const NONE = { count: 0, p50: null, p95: null };
const at = (second: number): string => new Date(Date.UTC(2026, 0, 20, 10, 0, second)).toISOString();

function sums(requests: number): Omit<ActivityBucket, 'from'> {
  const outcomes = { requests, ok: requests, refused: 0, limited: 0, failed: 0, clientLeft: 0 };
  return { ...outcomes, promptTokens: 0, completionTokens: 0, firstTokenMs: NONE, queueMs: NONE };
}

/** An answer with a window of four buckets. */
function activity(...buckets: readonly [second: number, requests: number][]): GatewayActivity {
  return {
    time: at(40),
    startedAt: at(0),
    windowSeconds: 20,
    stepSeconds: 5,
    totals: sums(9),
    buckets: buckets.map(([second, requests]) => ({ from: at(second), ...sums(requests) })),
  };
}

describe('the news of the activity', () => {
  const before = activity([0, 1], [5, 2], [10, 3], [15, 4]);

  it('take the place of buckets that went on, and move the window', () => {
    const joined = joinActivity(before, activity([15, 5], [20, 6]));
    expect(joined?.buckets.map(({ requests }) => requests)).toEqual([2, 3, 5, 6]);
    expect(joined?.totals.requests).toBe(9);
  });

  it('are all there is when they fill the window', () => {
    const news = activity([100, 1], [105, 2], [110, 3], [115, 4]);
    expect(joinActivity(before, news)).toBe(news);
  });

  it('cannot be joined when another process answered', () => {
    expect(joinActivity(before, { ...activity([15, 5]), startedAt: at(3) })).toBeUndefined();
  });
});
