import { Inject, Injectable } from '@nestjs/common';
import type { EngineStatus } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { RequestWatch } from '@local-llm-agent/http';
import { CATALOG_TOKEN } from '../engine.tokens.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { MemoryPools } from './memory-pools.reader.js';
import { ModelNames } from './model-names.reader.js';
import { RuntimeReports } from './runtime-reports.reader.js';
import { toStatus } from './status.translate.js';

/** Puts the state of the engine together from what is known already: looking costs those who work nothing. */
@Injectable()
export class StatusService {
  private readonly startedUnixMs = Date.now();

  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly scheduler: SchedulerService,
    private readonly watch: RequestWatch,
    private readonly memory: MemoryPools,
    private readonly names: ModelNames,
    private readonly reports: RuntimeReports,
  ) {}

  /** The state now. */
  async status(): Promise<EngineStatus> {
    const runtimes = await this.reports.latest();
    const pools = this.memory.byRuntime();
    return toStatus({
      now: performance.now(),
      unixMs: Date.now(),
      startedUnixMs: this.startedUnixMs,
      running: this.watch.size,
      runtimes: runtimes.map(({ id, kind, up, detail }) => ({
        id,
        kind,
        pool: pools.get(id) ?? id,
        status: up ? 'up' : 'down',
        detail: detail ?? null,
      })),
      pools: this.memory.read(),
      tiers: this.catalog.catalog.tiers,
      snapshot: this.scheduler.snapshot(),
      nameOf: this.names.lookUp(),
    });
  }
}
