import { describe, expect, it } from '@jest/globals';
import { NO_PACE, finished, retryAfterSeconds, type Pace } from './pace.estimate.js';

const after = (...times: readonly number[]): Pace => times.reduce((pace, time) => finished(pace, time, true), NO_PACE);

describe('pace of the queue', () => {
  it.each([
    ['a second when nothing is known', NO_PACE, 1],
    ['a second for a single end', after(5000), 1],
    ['the interval between two ends, rounded up', after(0, 2500), 3],
    ['mostly the past after one slow request', after(0, 1000, 2000, 12_000), 3],
    ['a minute at most', after(0, 600_000), 60],
  ])('says %s', (_says, pace, seconds) => {
    expect(retryAfterSeconds(pace)).toBe(seconds);
  });

  it('does not count the time in which nobody waited', () => {
    const quiet = finished(after(0, 1000), 2000, false);
    expect(retryAfterSeconds(finished(quiet, 9_000_000, true))).toBe(1);
  });
});
