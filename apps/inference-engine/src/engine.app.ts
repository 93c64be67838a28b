import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { HttpEdge, RequestWatch, createHttpApplication, type HttpApplication } from '@local-llm-agent/http';
import type { Logger } from '@local-llm-agent/observability';
import { AppModule, type EngineParts } from './app.module.js';
import { EngineLifecycle } from './engine.lifecycle.js';
import { createRuntimes } from './engine.runtimes.js';
import { EngineMetrics } from './metrics/engine.metrics.js';
import { MemoryProbe } from './residency/memory.probe.js';
import { modelKey } from './residency/model-demand.service.js';
import { ResidencyService } from './residency/residency.service.js';
import type { Runtime } from './runtime/runtime.contract.js';
import { SchedulerService } from './scheduler/scheduler.service.js';

/** An engine that is ready to listen. */
export interface EngineApp extends HttpApplication {
  readonly edge: HttpEdge;
  readonly runtimes: readonly Runtime[];
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether the models of the runtime live in the memory of this machine. */
function isLocal(runtime: Runtime, settings: Settings): boolean {
  if (runtime.name === 'ollama') return LOOPBACK.has(new URL(settings.OLLAMA_HOST).hostname);
  return runtime.name === 'embedded';
}

function createHolder(
  parts: Pick<EngineParts, 'settings' | 'catalog' | 'runtimes' | 'logger' | 'metrics'>,
): Pick<EngineParts, 'residency' | 'scheduler'> {
  const { settings, catalog, runtimes, logger, metrics } = parts;
  const residency = new ResidencyService({
    rooms: runtimes.map((runtime) => ({ runtime, localMemory: isLocal(runtime, settings) })),
    memory: new MemoryProbe({ reserveBytes: settings.MEMORY_RESERVE }),
    budgetBytes: settings.MEMORY_BUDGET,
    loadTimeoutSeconds: settings.LOAD_TIMEOUT_SECONDS,
    log: logger,
    meter: metrics,
  });
  const { small, main } = catalog.catalog.tiers;
  const scheduler = new SchedulerService(residency, {
    queueLengths: { small: small.queueLength, main: main.queueLength },
  });
  residency.onLost((key) => {
    scheduler.lost(key);
  });
  return { residency, scheduler };
}

/** Builds the engine from settings and catalog; it does not listen yet. */
export async function createEngine(settings: Settings, catalog: CatalogIndex, logger: Logger): Promise<EngineApp> {
  const metrics = new EngineMetrics();
  const watch = new RequestWatch();
  const edge = new HttpEdge(logger, {
    errorBody: (error) => JSON.stringify(error.toBody()),
    errorEvent: (error) => `data: ${JSON.stringify(error.toBody())}\n\n`,
    done: () => undefined,
  });
  let lost = (_runtime: string, _model: string): void => undefined;
  const runtimes = await createRuntimes(settings, logger, (runtime, model) => {
    lost(runtime, model);
  });
  const { residency, scheduler } = createHolder({ settings, catalog, runtimes, logger, metrics });
  lost = (runtime, model) => {
    scheduler.lost(modelKey({ id: runtime }, model));
  };
  metrics.observe({
    queueLengths: () => scheduler.snapshot().waiting,
    residents: () =>
      scheduler.snapshot().residents.map(({ demand, bytes, slotsInUse }) => ({
        key: demand.key,
        bytes: residency.bytesOf(demand.key) ?? bytes,
        busy: slotsInUse,
      })),
    availableBytes: () => residency.availableBytes('local'),
    running: () => watch.size,
  });
  const { app, listener } = await createHttpApplication({
    module: AppModule.with({ settings, logger, catalog, edge, metrics, watch, runtimes, residency, scheduler }),
    edge,
    logger,
    tokenRoutes: settings.TOKEN_ROUTES,
  });
  app.get(EngineLifecycle).begin();
  return { app, edge, listener, runtimes };
}
