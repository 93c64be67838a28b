import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { HttpEdge, RequestWatch } from '@local-llm-agent/http';
import type { Logger } from '@local-llm-agent/observability';
import { ChatController } from './chat/chat.controller.js';
import { TokenCountController } from './chat/token-count.controller.js';
import { TokenCountService } from './chat/token-count.service.js';
import { CompletionsController } from './completions/completions.controller.js';
import { EmbeddingsController } from './embeddings/embeddings.controller.js';
import { EmbeddingsService } from './embeddings/embeddings.service.js';
import { EngineLifecycle } from './engine.lifecycle.js';
import { CATALOG_TOKEN, LOGGER_TOKEN, RUNTIMES_TOKEN, SETTINGS_TOKEN } from './engine.tokens.js';
import { AdapterService } from './generation/adapter.service.js';
import { AttemptService } from './generation/attempt.service.js';
import { GenerationService } from './generation/generation.service.js';
import { OrderReader } from './generation/order.reader.js';
import { SlotService } from './generation/slot.service.js';
import { HealthController } from './health/health.controller.js';
import { EngineMetrics } from './metrics/engine.metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { PlacementService } from './placement/placement.service.js';
import { ResidentCheck } from './placement/resident-check.service.js';
import { RuntimeWatch } from './placement/runtime-watch.service.js';
import { ModelDirectory } from './residency/model.directory.js';
import { ModelLoadController } from './models/model-load.controller.js';
import { ModelLoadService } from './models/model-load.service.js';
import { ModelManagementController } from './models/model-management.controller.js';
import { ModelManagementService } from './models/model-management.service.js';
import { PullsService } from './models/pulls.service.js';
import { ModelPlansService } from './models/model-plans.service.js';
import { PreloadService } from './models/preload.service.js';
import { ModelsController } from './models/models.controller.js';
import { ResidencyService } from './residency/residency.service.js';
import type { Runtime } from './runtime/runtime.contract.js';
import { SchedulerService } from './scheduler/scheduler.service.js';
import { MemoryPools } from './status/memory-pools.reader.js';
import { ModelNames } from './status/model-names.reader.js';
import { RuntimeReports } from './status/runtime-reports.reader.js';
import { StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';
import { TimelineService } from './status/timeline.service.js';

/** What exists before the application does. */
export interface EngineParts {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly catalog: CatalogIndex;
  readonly edge: HttpEdge;
  readonly metrics: EngineMetrics;
  readonly watch: RequestWatch;
  readonly runtimes: readonly Runtime[];
  readonly residency: ResidencyService;
  readonly scheduler: SchedulerService;
  readonly hosts: RuntimeWatch;
}

/** The rooms of the engine. */
@Module({})
export class AppModule {
  /** The module around parts that were made before. */
  static with(parts: EngineParts): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule, TerminusModule.forRoot({ logger: false })],
      controllers: [
        ChatController,
        TokenCountController,
        CompletionsController,
        EmbeddingsController,
        ModelsController,
        ModelLoadController,
        ModelManagementController,
        StatusController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: SETTINGS_TOKEN, useValue: parts.settings },
        { provide: CATALOG_TOKEN, useValue: parts.catalog },
        { provide: LOGGER_TOKEN, useValue: parts.logger },
        { provide: RUNTIMES_TOKEN, useValue: parts.runtimes },
        { provide: HttpEdge, useValue: parts.edge },
        { provide: EngineMetrics, useValue: parts.metrics },
        { provide: RequestWatch, useValue: parts.watch },
        { provide: ResidencyService, useValue: parts.residency },
        { provide: SchedulerService, useValue: parts.scheduler },
        { provide: RuntimeWatch, useValue: parts.hosts },
        {
          provide: ModelDirectory,
          useValue: new ModelDirectory(parts.runtimes, parts.catalog, (runtime) => parts.hosts.isUp(runtime)),
        },
        ResidentCheck,
        PlacementService,
        OrderReader,
        AdapterService,
        SlotService,
        AttemptService,
        GenerationService,
        TokenCountService,
        EmbeddingsService,
        ModelLoadService,
        ModelManagementService,
        PullsService,
        ModelPlansService,
        PreloadService,
        MemoryPools,
        ModelNames,
        RuntimeReports,
        StatusService,
        TimelineService,
        EngineLifecycle,
      ],
    };
  }
}
