import { Controller, Get } from '@nestjs/common';
import type { EngineModels } from '@local-llm-agent/contracts';
import { ModelDirectory } from '../residency/model.directory.js';

/** Which models the engine would serve. */
@Controller()
export class ModelsController {
  constructor(private readonly directory: ModelDirectory) {}

  /** Every name under which a chat would be answered now. */
  @Get('models')
  async list(): Promise<EngineModels> {
    return { models: await this.directory.list() };
  }
}
