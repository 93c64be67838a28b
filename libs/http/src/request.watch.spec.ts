import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import { RequestWatch, type Watched } from './request.watch.js';

function watched(
  deadlineAt: number,
): Watched & { expire: jest.Mock<() => void>; tick: jest.Mock<(now: number) => void> } {
  return { deadlineAt, expire: jest.fn<() => void>(), tick: jest.fn<(now: number) => void>() };
}

describe('the watch over running requests', () => {
  let watch: RequestWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    watch = new RequestWatch();
  });

  afterEach(() => {
    watch.close();
    jest.useRealTimers();
  });

  it('expires a request once when its deadline has passed', () => {
    const request = watched(performance.now() + 1000);
    watch.add(request);
    jest.advanceTimersByTime(750);
    expect(request.expire).not.toHaveBeenCalled();
    jest.advanceTimersByTime(5000);
    expect(request.expire).toHaveBeenCalledTimes(1);
    expect(watch.size).toBe(0);
  });

  it('ticks until the deadline and not after', () => {
    const request = watched(performance.now() + 1000);
    watch.add(request);
    jest.advanceTimersByTime(10_000);
    expect(request.tick).toHaveBeenCalledTimes(3);
  });

  it('leaves alone what was taken off', () => {
    const request = watched(performance.now() + 1000);
    const forget = watch.add(request);
    expect(watch.size).toBe(1);
    forget();
    forget();
    jest.advanceTimersByTime(10_000);
    expect(request.expire).not.toHaveBeenCalled();
    expect(watch.size).toBe(0);
  });

  it('ends every request that runs with an error when the service stops', () => {
    const stop = jest.fn<(error: ApiError) => void>();
    watch.add({ ...watched(performance.now() + 1000), stop });
    watch.add(watched(performance.now() + 1000));
    const forget = watch.add({ ...watched(performance.now() + 1000), stop });
    forget();
    const error = backendUnavailable('The service stops.');
    watch.stopAll(error);
    expect(stop.mock.calls).toEqual([[error]]);
  });

  it('watches any number of requests with one timer', () => {
    for (let index = 0; index < 100; index += 1) watch.add(watched(performance.now() + 60_000));
    expect(jest.getTimerCount()).toBe(1);
  });

  it('lets a request be taken off while it looks', () => {
    const second = watched(performance.now() + 1000);
    const forgetSecond = watch.add({
      deadlineAt: performance.now() + 1000,
      expire: () => forgetSecond(),
      tick: () => undefined,
    });
    watch.add(second);
    jest.advanceTimersByTime(10_000);
    expect(second.expire).toHaveBeenCalledTimes(1);
  });

  it('goes on with the others when one request throws', () => {
    const second = watched(performance.now() + 1000);
    watch.add({
      deadlineAt: performance.now() + 1000,
      expire: () => {
        throw new Error('fault');
      },
    });
    watch.add(second);
    expect(() => jest.advanceTimersByTime(1000)).toThrow('fault');
    jest.advanceTimersByTime(1000);
    expect(second.expire).toHaveBeenCalledTimes(1);
  });

  it('stops for good when it is closed', () => {
    const request = watched(performance.now() + 1000);
    watch.add(request);
    watch.close();
    jest.advanceTimersByTime(10_000);
    expect(request.expire).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
