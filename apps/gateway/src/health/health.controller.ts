import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { ApiTags } from '@nestjs/swagger';
import { contextOf } from '@local-llm-agent/http';
import { ModelAccess } from '../admission/model-access.service.js';
import { KeyDirectory } from '../keys/key-directory.service.js';
import type { HealthReport } from './health.dto.js';
import { DescribeHealth, DescribeLive, DescribeReady } from './health.openapi.js';
import { HealthService } from './health.service.js';

/** Whether the system can answer. */
@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly keys: KeyDirectory,
    private readonly access: ModelAccess,
  ) {}

  /** The whole picture: 200 when healthy or degraded, 503 when unhealthy; of the models those that the caller may use. */
  @Get()
  @DescribeHealth()
  async whole(@Req() req: IncomingMessage, @Res({ passthrough: true }) res: ServerResponse): Promise<HealthReport> {
    const report = await this.health.report(contextOf(res).id);
    res.statusCode = report.status === 'unhealthy' ? 503 : 200;
    report.available_models = [...this.access.visible(req, report.available_models, (id) => id)];
    return report;
  }

  /** The process runs. */
  @Get('live')
  @HealthCheck({ swaggerDocumentation: false })
  @DescribeLive()
  live(): Promise<HealthCheckResult> {
    return this.checks.check([]);
  }

  /** Requests may come: not shutting down, the engine can answer them, and it is known which keys there are. */
  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false })
  @DescribeReady()
  ready(@Res({ passthrough: true }) res: ServerResponse): Promise<HealthCheckResult> {
    const keys = this.keys.known ? [] : [() => this.keysUnknown()];
    return this.checks.check([() => this.engineReady(contextOf(res).id), ...keys]);
  }

  private keysUnknown(): HealthIndicatorResult {
    return this.indicators.check('key_store').down({ detail: 'The store of keys has not answered yet.' });
  }

  private async engineReady(requestId: string): Promise<HealthIndicatorResult> {
    const report = await this.health.report(requestId);
    const indicator = this.indicators.check('inference_engine');
    return report.status === 'unhealthy' ? indicator.down({ detail: report.detail ?? 'unhealthy' }) : indicator.up();
  }
}
