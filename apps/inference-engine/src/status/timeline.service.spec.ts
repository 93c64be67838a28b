import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { ModelNames } from './model-names.reader.js';
import { TimelineService } from './timeline.service.js';

const START = Date.UTC(2026, 0, 1);

describe('TimelineService', () => {
  /** Moments of the scheduler's clock from which on it was asked. */
  let asked: number[];
  let service: TimelineService;

  beforeEach(() => {
    jest.useFakeTimers({ now: START });
    asked = [];
    const history = (since: number): [] => {
      asked.push(since);
      return [];
    };
    service = new TimelineService(
      { history } as unknown as SchedulerService,
      { lookUp: () => () => ({}) } as unknown as ModelNames,
    );
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('tells what came after a moment, which the scheduler knows by its own clock', () => {
    jest.advanceTimersByTime(5000);
    service.timeline(START + 3000);
    expect(asked).toEqual([3000]);
  });

  it('tells all there is without one, also after the clock of the machine was set back', () => {
    jest.advanceTimersByTime(5000);
    jest.setSystemTime(START - 3_600_000);
    service.timeline();
    service.timeline(START + 3000);
    expect(asked).toEqual([-Infinity, -Infinity]);
  });
});
