import { describe, expect, it } from '@jest/globals';
import { failureKind, secondsToWait } from './failure.policy';

describe('an error of an answer', () => {
  it.each([
    ['context_length_exceeded', 413, 'tooLong'],
    ['request_too_large', 413, 'tooLarge'],
    ['unknown', 413, 'tooLarge'],
    ['rate_limited', 429, 'limited'],
    ['backend_unavailable', 503, 'unavailable'],
    ['unknown', 502, 'unavailable'],
    ['unreachable', 0, 'unreachable'],
    ['cut', 0, 'cut'],
    ['internal_error', 500, 'other'],
  ])('%s, %i is of the kind %s', (code, status, kind) => {
    expect(failureKind({ code, status })).toBe(kind);
  });

  it('counts down to when it may be tried again', () => {
    const failure = { code: 'rate_limited', message: '', status: 429, retryAfterSeconds: 10, at: 1000 };
    expect([1000, 1001, 10_500, 11_000, 99_000].map((now) => secondsToWait(failure, now))).toEqual([10, 10, 1, 0, 0]);
    expect(secondsToWait({ ...failure, retryAfterSeconds: undefined }, 1000)).toBe(0);
  });
});
