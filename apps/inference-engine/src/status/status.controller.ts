import { Controller, Get } from '@nestjs/common';
import { ENGINE_PATHS, type EngineStatus } from '@local-llm-agent/contracts';
import { StatusService } from './status.service.js';

/** What is going on, for operators. */
@Controller()
export class StatusController {
  constructor(private readonly status: StatusService) {}

  /** Queue, residents, memory, changes under way, the last decisions. */
  @Get(ENGINE_PATHS.status)
  read(): Promise<EngineStatus> {
    return this.status.status();
  }
}
