import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Store } from '../store/store.service.js';
import { UsageCleaner } from './usage-cleaner.service.js';

const MINUTES_MS = 60_000;

describe('the cleaning of usage', () => {
  /** Asked first by each run; here there is nothing to clean. */
  const exists = jest.fn<() => Promise<boolean>>();
  let cleaner: UsageCleaner;

  beforeEach(() => {
    jest.useFakeTimers();
    Logger.overrideLogger(false);
    exists.mockReset().mockResolvedValue(false);
    cleaner = new UsageCleaner({ exists } as unknown as Store, { USAGE_REQUEST_DAYS: 30, USAGE_DAYS: 400 });
  });
  afterEach(async () => {
    await cleaner.onModuleDestroy();
    Logger.overrideLogger(['error']);
    jest.useRealTimers();
  });

  it('is done within five minutes of the start, then every hour', async () => {
    cleaner.start();
    expect(exists).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(5 * MINUTES_MS);
    expect(exists).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(60 * MINUTES_MS);
    expect(exists).toHaveBeenCalledTimes(2);
  });

  it('is tried again after an hour when it has failed', async () => {
    exists.mockRejectedValueOnce(new Error('away'));
    cleaner.start();
    await jest.advanceTimersByTimeAsync(65 * MINUTES_MS);
    expect(exists).toHaveBeenCalledTimes(2);
  });

  it('ends with the service', async () => {
    cleaner.start();
    await cleaner.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(120 * MINUTES_MS);
    expect(exists).not.toHaveBeenCalled();
  });
});
