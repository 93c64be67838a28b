import { Controller, Get, HttpCode, Inject, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import type { EngineHealth } from '@local-llm-agent/contracts';
import { HttpEdge } from '@local-llm-agent/http';
import { RUNTIMES_TOKEN } from '../engine.tokens.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import { engineHealth, type RuntimeReport } from './health.policy.js';

/** Longest wait for one runtime. */
const RUNTIME_TIMEOUT_MS = 2500;

/** Whether the engine can work. */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(RUNTIMES_TOKEN) private readonly runtimes: readonly Runtime[],
    private readonly hosts: RuntimeWatch,
    private readonly directory: ModelDirectory,
    private readonly edge: HttpEdge,
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** The whole picture, for the gateway; always 200, the status is in the body. */
  @Get()
  @HttpCode(200)
  async whole(): Promise<EngineHealth> {
    const reports = await Promise.all(this.runtimes.map((runtime) => this.ask(runtime)));
    const models = await this.directory.list();
    return engineHealth(
      reports,
      models.map((model) => model.id),
    );
  }

  /** The process runs. */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.checks.check([]);
  }

  /** Requests may come: not shutting down and a runtime answers. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    if (this.edge.draining) throw new ServiceUnavailableException('shutting down');
    return this.checks.check([() => this.anyRuntime()]);
  }

  private async anyRuntime(): Promise<HealthIndicatorResult> {
    const reports = await Promise.all(this.runtimes.map((runtime) => this.ask(runtime)));
    const indicator = this.indicators.check('runtime');
    const states = this.runtimes.map(({ id }, index): [string, string] => [id, reports[index]?.up ? 'up' : 'down']);
    const detail = { runtimes: Object.fromEntries(states) };
    return reports.some((report) => report.up) ? indicator.up(detail) : indicator.down(detail);
  }

  private async ask(runtime: Runtime): Promise<RuntimeReport> {
    const { up, detail } = await this.hosts.health(runtime, RUNTIME_TIMEOUT_MS);
    return { name: runtime.name, up, detail };
  }
}
