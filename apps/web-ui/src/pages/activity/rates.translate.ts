import type { ActivityBucket, GatewayActivity } from '@local-llm-agent/contracts';

/** One step of the charts. Rates are a second, times are ms, `null` where nothing is known. */
export interface RatePoint {
  /** When the step began, Unix ms. */
  readonly time: number;
  readonly requests: number;
  readonly prompt: number;
  readonly completion: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly queueP95: number | null;
  /** Requests, not a rate. */
  readonly refused: number;
  readonly limited: number;
  readonly failed: number;
  readonly clientLeft: number;
}

/** Requests that ended with an error. */
export function errorsOf({ refused, limited, failed }: Pick<ActivityBucket, 'refused' | 'limited' | 'failed'>): number {
  return refused + limited + failed;
}

/** The steps of the activity as points of charts. The last one goes on: its rate is that of the time that has passed. */
export function toRates({ buckets, stepSeconds, time }: GatewayActivity): readonly RatePoint[] {
  const now = Date.parse(time);
  return buckets.map((bucket) => {
    const from = Date.parse(bucket.from);
    // At once after its begin a single request would look like many.
    const seconds = Math.min(stepSeconds, Math.max(stepSeconds / 2, (now - from) / 1000));
    const { refused, limited, failed, clientLeft, firstTokenMs, queueMs } = bucket;
    return {
      time: from,
      requests: bucket.requests / seconds,
      prompt: bucket.promptTokens / seconds,
      completion: bucket.completionTokens / seconds,
      p50: firstTokenMs.p50,
      p95: firstTokenMs.p95,
      queueP95: queueMs.p95,
      refused,
      limited,
      failed,
      clientLeft,
    };
  });
}

/** Requests and tokens a second now: of the last two steps. */
export function ratesNow(points: readonly RatePoint[]): { readonly requests: number; readonly tokens: number } {
  const last = points.slice(-2);
  const mean = (of: (point: RatePoint) => number): number =>
    last.reduce((sum, point) => sum + of(point), 0) / Math.max(1, last.length);
  return { requests: mean(({ requests }) => requests), tokens: mean(({ prompt, completion }) => prompt + completion) };
}
