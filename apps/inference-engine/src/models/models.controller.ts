import { Controller, Get } from '@nestjs/common';
import { ENGINE_PATHS, type EngineModels, type ModelPlans } from '@local-llm-agent/contracts';
import { ModelDirectory } from '../residency/model.directory.js';
import { ModelPlansService } from './model-plans.service.js';

/** Longest time that runtimes may take to tell what their models are made of. */
const PLANS_TIMEOUT_MS = 5000;

/** Which models the engine would serve. */
@Controller()
export class ModelsController {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly plans: ModelPlansService,
  ) {}

  /** Every name under which a chat would be answered now. */
  @Get('models')
  async list(): Promise<EngineModels> {
    return { models: await this.directory.list() };
  }

  /** What each model would take to be in memory, for operators. */
  @Get(ENGINE_PATHS.modelPlans)
  async plan(): Promise<ModelPlans> {
    return { models: await this.plans.plans(AbortSignal.timeout(PLANS_TIMEOUT_MS)) };
  }
}
