import { Injectable } from '@nestjs/common';
import type { EngineTimeline } from '@local-llm-agent/contracts';
import { KEPT_MS } from '../scheduler/residency-history.state.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { ModelNames } from './model-names.reader.js';
import { toTimeline } from './timeline.translate.js';

/** Tells what the models in memory did in the last half hour. */
@Injectable()
export class TimelineService {
  private readonly startedAt = Date.now();

  constructor(
    private readonly scheduler: SchedulerService,
    private readonly names: ModelNames,
  ) {}

  /** What goes on, or ended after this moment (Unix time, ms); all that is known without one. */
  timeline(since?: number): EngineTimeline {
    const now = Date.now();
    const offset = now - performance.now();
    // A moment that is still to come is of a clock that was set back meanwhile, and says nothing.
    const isUsable = since !== undefined && since <= now;
    return toTimeline({
      now,
      startedAt: this.startedAt,
      keptMs: KEPT_MS,
      lanes: this.scheduler.history(isUsable ? since - offset : Number.NEGATIVE_INFINITY),
      nameOf: this.names.lookUp(),
      unixOf: (at) => at + offset,
    });
  }
}
