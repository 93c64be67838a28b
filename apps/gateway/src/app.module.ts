import { HttpModule } from '@nestjs/axios';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { HttpEdge, RequestWatch } from '@local-llm-agent/http';
import { ActivityController } from './activity/activity.controller.js';
import { ActivityService } from './activity/activity.service.js';
import { AdminController } from './admin/admin.controller.js';
import { ResidencyService } from './admin/residency.service.js';
import { StatusFeed } from './admin/status-feed.service.js';
import { AccessService } from './admission/access.service.js';
import { AdmissionService } from './admission/admission.service.js';
import { ModelAccess } from './admission/model-access.service.js';
import { BUDGET_STORE, type BudgetStore } from './admission/budget-store.contract.js';
import { RateLimitService } from './admission/rate-limit.service.js';
import { createRateLimits } from './admission/rate-limits.factory.js';
import { AnthropicController } from './anthropic/anthropic.controller.js';
import { ChatCompletionsController } from './chat-completions/chat-completions.controller.js';
import { CompletionsController } from './completions/completions.controller.js';
import { EmbeddingsController } from './embeddings/embeddings.controller.js';
import { CATALOG_TOKEN, PAGE_FILES, SETTINGS_TOKEN } from './gateway.tokens.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { CacheRoad } from './inference/cache-road.service.js';
import { EngineControlClient } from './inference/engine-control.client.js';
import { EngineManagementClient } from './inference/engine-management.client.js';
import { EngineClient } from './inference/engine.client.js';
import { Entrance } from './inference/entrance.service.js';
import { InferenceService } from './inference/inference.service.js';
import { InquiryService } from './inference/inquiry.service.js';
import { McpController } from './mcp/mcp.controller.js';
import { McpService } from './mcp/mcp.service.js';
import { McpToolsController } from './mcp/mcp-tools.controller.js';
import { ToolService } from './mcp/tools/tool.service.js';
import { KeyDirectory } from './keys/key-directory.service.js';
import { KeyUses } from './keys/key-uses.service.js';
import { KeysService } from './keys/keys.service.js';
import { KeysController } from './admin/keys.controller.js';
import { PullsController } from './admin/pulls.controller.js';
import { PullsService } from './admin/pulls.service.js';
import { ResponseCacheController } from './admin/response-cache.controller.js';
import { GatewayMetrics } from './metrics/gateway.metrics.js';
import { LocalModelsController } from './localmodels/localmodels.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { ModelsController } from './models/models.controller.js';
import { createResponseCache } from './response-cache/response-cache.factory.js';
import { ResponseCache } from './response-cache/response-cache.service.js';
import { ResponseArchive } from './responses/response-archive.service.js';
import { RESPONSE_STORE } from './responses/response-store.contract.js';
import { createResponseStore } from './responses/response-store.factory.js';
import { ResponsesController } from './responses/responses.controller.js';
import { ResponsesService } from './responses/responses.service.js';
import { OllamaGenerationController } from './ollama/ollama-generation.controller.js';
import { OllamaGenerationService } from './ollama/ollama-generation.service.js';
import { OllamaManagementController } from './ollama/ollama-management.controller.js';
import { OllamaManagementService } from './ollama/ollama-management.service.js';
import { Store } from './store/store.service.js';
import { PageController } from './web/page.controller.js';
import { PageFiles } from './web/page-files.reader.js';
import { UsageController } from './admin/usage.controller.js';
import { StoredBudget } from './usage/stored-budget.service.js';
import { UsageCleaner } from './usage/usage-cleaner.service.js';
import type { UsageParts } from './usage/usage.factory.js';
import { UsageLedger } from './usage/usage-ledger.service.js';
import { UsageReportService } from './usage/usage-report.service.js';

/** What exists before the application does. */
export interface GatewayParts {
  readonly settings: Settings;
  readonly catalog: CatalogIndex;
  readonly edge: HttpEdge;
  readonly metrics: GatewayMetrics;
  readonly activity: ActivityService;
  readonly store: Store;
  readonly keys: KeyDirectory;
  readonly keyUses: KeyUses;
  readonly access: AccessService;
  readonly usage: UsageParts;
}

function rateLimits({ settings, catalog, metrics }: GatewayParts, budget: BudgetStore): RateLimitService {
  return createRateLimits({
    settings,
    catalog,
    budget,
    decided: (tier, decision, limit) => {
      metrics.rateLimit(tier, decision, limit);
    },
    watchStore: () => metrics.watchLimitStore(),
  });
}

function responseCache({ settings, metrics }: GatewayParts): ResponseCache {
  return createResponseCache({
    settings,
    counted: (outcome) => {
      metrics.cacheAsked(outcome);
    },
    watchBytes: (bytes) => {
      metrics.observeCache(bytes);
    },
  });
}

function keyProviders({ store, keys, keyUses, access }: GatewayParts): Provider[] {
  return [
    // Before the store, so that it ends first.
    { provide: KeyDirectory, useValue: keys },
    { provide: Store, useValue: store },
    // Needs the store until its end: what waits is written then.
    { provide: KeyUses, useFactory: () => keyUses, inject: [Store] },
    { provide: AccessService, useValue: access },
    {
      provide: KeysService,
      useFactory: () =>
        new KeysService(store, {
          // A change that was stored stands, though this process may hear of it only by its next look.
          changed: () => keys.refresh().catch(() => undefined),
          settled: () => keyUses.flush().catch(() => undefined),
        }),
    },
  ];
}

/** Nest ends what needs another before the other: what waits is written while the store is there. */
function usageProviders({ usage }: GatewayParts): Provider[] {
  return [
    { provide: UsageLedger, useFactory: () => usage.ledger, inject: [Store] },
    { provide: StoredBudget, useFactory: () => usage.budget, inject: [UsageLedger] },
    { provide: BUDGET_STORE, useExisting: StoredBudget },
    { provide: UsageCleaner, useFactory: () => usage.cleaner, inject: [Store] },
    { provide: UsageReportService, useValue: usage.reports },
  ];
}

const CONTROLLERS = [
  // HEAD / first: whoever has GET / would take it. Then what takes of GET / the requests for a stream and for a page,
  // and leaves the others to those that follow.
  OllamaManagementController,
  McpController,
  PageController,
  McpToolsController,
  ChatCompletionsController,
  CompletionsController,
  EmbeddingsController,
  ResponsesController,
  AnthropicController,
  LocalModelsController,
  ModelsController,
  OllamaGenerationController,
  AdminController,
  ActivityController,
  HealthController,
  MetricsController,
  KeysController,
  PullsController,
  UsageController,
  ResponseCacheController,
];

/** The rooms of the gateway. */
@Module({})
export class AppModule {
  /** The module around parts that were made before. */
  static with(parts: GatewayParts): DynamicModule {
    const { settings, catalog, edge, metrics, activity } = parts;
    const watch = new RequestWatch();
    metrics.observeRunning(() => watch.size);
    return {
      module: AppModule,
      imports: [HttpModule, DiscoveryModule, TerminusModule.forRoot({ logger: false })],
      controllers: CONTROLLERS,
      providers: [
        { provide: SETTINGS_TOKEN, useValue: settings },
        { provide: CATALOG_TOKEN, useValue: catalog },
        { provide: HttpEdge, useValue: edge },
        { provide: PAGE_FILES, useFactory: () => (settings.WEB_PAGE ? PageFiles.open() : undefined) },
        { provide: GatewayMetrics, useValue: metrics },
        { provide: ActivityService, useValue: activity },
        {
          provide: RateLimitService,
          useFactory: (budget: BudgetStore) => rateLimits(parts, budget),
          inject: [BUDGET_STORE],
        },
        { provide: RequestWatch, useValue: watch },
        { provide: RESPONSE_STORE, useFactory: () => createResponseStore(settings) },
        { provide: ResponseCache, useFactory: () => responseCache(parts) },
        CacheRoad,
        ...keyProviders(parts),
        ...usageProviders(parts),
        AdmissionService,
        ModelAccess,
        EngineClient,
        EngineControlClient,
        EngineManagementClient,
        HealthService,
        ResidencyService,
        PullsService,
        StatusFeed,
        Entrance,
        InferenceService,
        ResponseArchive,
        ResponsesService,
        OllamaGenerationService,
        OllamaManagementService,
        InquiryService,
        McpService,
        ToolService,
      ],
    };
  }
}
