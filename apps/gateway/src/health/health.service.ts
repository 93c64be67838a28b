import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { HttpEdge } from '@local-llm-agent/http';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { EngineControlClient } from '../inference/engine-control.client.js';
import { VERSION } from '../version.js';
import type { HealthReport } from './health.dto.js';
import { toHealthReport } from './health.translate.js';

/** Puts the health report together from what each dependency says of itself. */
@Injectable()
export class HealthService {
  constructor(
    private readonly engine: EngineControlClient,
    private readonly edge: HttpEdge,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Never throws: a dependency that does not answer is part of the report. */
  async report(requestId: string): Promise<HealthReport> {
    const frame = {
      timestamp: new Date().toISOString(),
      version: VERSION,
      defaultModel: this.catalog.defaultModel,
      draining: this.edge.draining,
    };
    try {
      return toHealthReport(await this.engine.health(requestId), frame);
    } catch (error) {
      return toHealthReport(
        undefined,
        frame,
        error instanceof ApiError ? error.message : 'The inference engine does not answer.',
      );
    }
  }
}
