import { Controller, Get, Query } from '@nestjs/common';
import { ENGINE_PATHS, parseSince, type EngineStatus, type EngineTimeline } from '@local-llm-agent/contracts';
import { StatusService } from './status.service.js';
import { TimelineService } from './timeline.service.js';

/** What is going on, for operators. */
@Controller()
export class StatusController {
  constructor(
    private readonly status: StatusService,
    private readonly history: TimelineService,
  ) {}

  /** Queue, residents, memory, changes under way, the last decisions. */
  @Get(ENGINE_PATHS.status)
  read(): Promise<EngineStatus> {
    return this.status.status();
  }

  /** What the models in memory did; with `since` only what goes on or ended later. */
  @Get(ENGINE_PATHS.timeline)
  timeline(@Query() query: Record<string, unknown>): EngineTimeline {
    return this.history.timeline(parseSince(query));
  }
}
