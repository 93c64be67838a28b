import { describe, expect, it } from '@jest/globals';
import { ACTIVITY_SECONDS } from '@local-llm-agent/contracts';
import { ActivityWindow, classOf, type EndedRequest } from './activity-window.state.js';

const NOW = Date.parse('2026-01-20T10:30:12.000Z');
const WHOLE = { seconds: ACTIVITY_SECONDS, step: 5, since: undefined };

function ended(fields: Partial<EndedRequest> = {}): EndedRequest {
  const times = { firstTokenMs: 100, queueMs: 10 };
  return { endedAt: NOW, outcome: 'ok', promptTokens: 7, completionTokens: 3, ...times, ...fields };
}

function windowOf(...requests: readonly Partial<EndedRequest>[]): ActivityWindow {
  const window = new ActivityWindow();
  for (const fields of requests) window.add(ended(fields));
  return window;
}

describe('the window of activity', () => {
  it('has every step of the half hour, whether anything happened or not', () => {
    const { buckets, totals } = windowOf().read(WHOLE, NOW);
    expect(buckets).toHaveLength(360);
    expect(buckets.at(-1)!.from).toBe('2026-01-20T10:30:10.000Z');
    expect(buckets[0]!.from).toBe('2026-01-20T10:00:15.000Z');
    expect(totals).toEqual({
      requests: 0,
      ok: 0,
      refused: 0,
      limited: 0,
      failed: 0,
      clientLeft: 0,
      promptTokens: 0,
      completionTokens: 0,
      firstTokenMs: { count: 0, p50: null, p95: null },
      queueMs: { count: 0, p50: null, p95: null },
    });
  });

  it('counts each request in the step in which it ended', () => {
    const window = windowOf({}, { endedAt: NOW - 3000 }, { endedAt: NOW - 60_000, firstTokenMs: undefined });
    const { buckets, totals } = window.read(WHOLE, NOW);
    expect(buckets.flatMap(({ from, requests }) => (requests > 0 ? [[from.slice(14, 19), requests]] : []))).toEqual([
      ['29:10', 1],
      ['30:05', 1],
      ['30:10', 1],
    ]);
    expect(totals).toMatchObject({ requests: 3, ok: 3, promptTokens: 21, completionTokens: 9 });
    expect(totals.firstTokenMs.count).toBe(2);
  });

  it('gives the same sums in coarser steps', () => {
    const window = windowOf({}, { endedAt: NOW - 3000 }, { endedAt: NOW - 14_000 }, { endedAt: NOW - 200_000 });
    for (const step of [10, 15, 30, 60]) {
      const { buckets, totals } = window.read({ ...WHOLE, step }, NOW);
      expect(buckets).toHaveLength(ACTIVITY_SECONDS / step);
      expect(buckets.reduce((sum, { requests }) => sum + requests, 0)).toBe(4);
      expect(totals.requests).toBe(4);
    }
  });

  it('leaves out what is older than the window', () => {
    const window = windowOf({ endedAt: NOW - 70_000 }, { endedAt: NOW - 50_000 });
    expect(window.read({ seconds: 60, step: 5, since: undefined }, NOW).totals.requests).toBe(1);
  });

  it('forgets what is older than half an hour, and counts anew in its place', () => {
    const window = windowOf({ endedAt: NOW - 1805 * 1000 }, { endedAt: NOW - 1805 * 1000 });
    expect(window.read(WHOLE, NOW).totals.requests).toBe(0);
    window.add(ended());
    expect(window.read(WHOLE, NOW).totals).toMatchObject({ requests: 1, firstTokenMs: { count: 1 } });
  });

  it('tells only steps that ended later to those who say what they know, and the totals all the same', () => {
    const window = windowOf({ endedAt: NOW - 100_000 }, {});
    const { buckets, totals } = window.read({ ...WHOLE, since: NOW - 5000 }, NOW);
    expect(buckets.map(({ from }) => from.slice(14, 19))).toEqual(['30:05', '30:10']);
    expect(totals.requests).toBe(2);
  });

  it('knows times to within a tenth, of any number of requests', () => {
    const times = Array.from({ length: 2000 }, (_, index) => ({ firstTokenMs: index + 1, queueMs: 0 }));
    const { firstTokenMs, queueMs } = windowOf(...times).read(WHOLE, NOW).totals;
    expect(Math.abs(firstTokenMs.p50! - 1000)).toBeLessThan(100);
    expect(Math.abs(firstTokenMs.p95! - 1900)).toBeLessThan(190);
    expect(queueMs).toEqual({ count: 2000, p50: 0, p95: 0 });
  });

  it('takes times without end, too', () => {
    const { firstTokenMs } = windowOf({ firstTokenMs: 1e9 }).read(WHOLE, NOW).totals;
    expect(firstTokenMs.p50).toBeGreaterThan(500_000);
  });

  it.each([
    ['ok', 'ok'],
    ['client_left', 'clientLeft'],
    ['invalid_request', 'refused'],
    ['context_length_exceeded', 'refused'],
    ['rate_limited', 'limited'],
    ['backend_unavailable', 'failed'],
    ['inference_timeout', 'failed'],
  ] as const)('counts %s as %s', (outcome, expected) => {
    expect(classOf(outcome)).toBe(expected);
    expect(windowOf({ outcome }).read(WHOLE, NOW).totals).toMatchObject({ requests: 1, [expected]: 1 });
  });
});
