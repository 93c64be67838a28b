import type { CatalogIndex, Settings, TierConfig } from '@local-llm-agent/config';
import {
  HttpEdge,
  RequestWatch,
  SiteGuard,
  createHttpApplication,
  isLoopback,
  type EdgeHooks,
  type HttpApplication,
} from '@local-llm-agent/http';
import type { Logger } from '@local-llm-agent/observability';
import { AppModule, type EngineParts } from './app.module.js';
import { EngineGuard } from './engine.guard.js';
import { EngineLifecycle } from './engine.lifecycle.js';
import { checkPlaces, createRuntimes } from './engine.runtimes.js';
import { EngineMetrics } from './metrics/engine.metrics.js';
import { pinnedKeys } from './models/model-management.service.js';
import { PreloadService } from './models/preload.service.js';
import { RuntimeWatch } from './placement/runtime-watch.service.js';
import { MemoryProbe } from './residency/memory.probe.js';
import { modelKey } from './residency/model-demand.service.js';
import type { RuntimeRoom } from './residency/memory-ledger.service.js';
import { ResidencyService } from './residency/residency.service.js';
import type { Runtime } from './runtime/runtime.contract.js';
import { SchedulerService } from './scheduler/scheduler.service.js';
import type { TierTerms } from './scheduler/scheduler.types.js';

/** An engine that is ready to listen. */
export interface EngineApp extends HttpApplication {
  readonly edge: HttpEdge;
  readonly runtimes: readonly Runtime[];
}

/** Longest wait for a runtime that is back to say what it holds. */
const RECONCILE_TIMEOUT_MS = 4000;

function termsOf({ queueLength, maxWaitSeconds }: TierConfig): TierTerms {
  return { queueLength, maxWaitMs: maxWaitSeconds * 1000 };
}

function createHolder(
  parts: Pick<EngineParts, 'settings' | 'catalog' | 'logger' | 'metrics'> & { readonly rooms: readonly RuntimeRoom[] },
): Pick<EngineParts, 'residency' | 'scheduler' | 'hosts'> {
  const { settings, catalog, rooms, logger, metrics } = parts;
  const residency = new ResidencyService({
    rooms,
    memory: new MemoryProbe({ reserveBytes: settings.MEMORY_RESERVE }),
    budgetBytes: settings.MEMORY_BUDGET,
    loadTimeoutSeconds: settings.LOAD_TIMEOUT_SECONDS,
    log: logger,
    meter: metrics,
  });
  const { small, main } = catalog.catalog.tiers;
  const scheduler = new SchedulerService(residency, {
    tiers: { small: termsOf(small), main: termsOf(main) },
  });
  const runtimes = rooms.map(({ runtime }) => runtime);
  for (const key of pinnedKeys(catalog.catalog.models, runtimes)) scheduler.pin(key, true);
  residency.onLost((key) => {
    scheduler.lost(key);
  });
  residency.onFound((demand) => {
    scheduler.found(demand);
  });
  residency.onMeasured((key, bytes) => {
    scheduler.measured(key, bytes);
  });
  const hosts = new RuntimeWatch(
    runtimes,
    {
      onLost: ({ id }, error) => {
        residency.abandon(id, error);
      },
      onGone: ({ id }) => {
        residency.gone(id);
      },
      onBack: ({ id }) => residency.reconcile(AbortSignal.timeout(RECONCILE_TIMEOUT_MS), id),
    },
    logger,
  );
  return { residency, scheduler, hosts };
}

/** No page of any site asks the engine. On a network of its own its names are those that the gateways have for it. */
function createDoor(settings: Settings): NonNullable<EdgeHooks['enter']> {
  const { ENGINE_HOST: listensOn, ALLOWED_HOSTS } = settings;
  const sites = new SiteGuard({ listensOn, allowed: isLoopback(listensOn) ? ALLOWED_HOSTS : [], origins: [] });
  const guard = new EngineGuard(settings);
  return (req, res, context) => {
    sites.enter(req, res);
    guard.enter(req, context);
    return false;
  };
}

/** Builds the engine from settings and catalog, and sees what its runtimes hold; it does not listen yet. */
export async function createEngine(settings: Settings, catalog: CatalogIndex, logger: Logger): Promise<EngineApp> {
  const metrics = new EngineMetrics();
  const watch = new RequestWatch();
  const edge = new HttpEdge(logger, {
    enter: createDoor(settings),
    errorBody: (error) => JSON.stringify(error.toBody()),
    errorEvent: (error) => `data: ${JSON.stringify(error.toBody())}\n\n`,
    done: () => undefined,
  });
  let lost = (_runtime: string, _model: string): void => undefined;
  const rooms = await createRuntimes(settings, logger, (runtime, model) => {
    lost(runtime, model);
  });
  checkPlaces(catalog.catalog, rooms, settings.CATALOG);
  const runtimes = rooms.map(({ runtime }) => runtime);
  const { residency, scheduler, hosts } = createHolder({ settings, catalog, rooms, logger, metrics });
  lost = (runtime, model) => {
    scheduler.lost(modelKey({ id: runtime }, model));
  };
  metrics.observe({
    queueLengths: () => scheduler.snapshot().waiting,
    residents: () =>
      scheduler
        .snapshot()
        .residents.map(({ demand, bytes, slotsInUse }) => ({ key: demand.key, bytes, busy: slotsInUse })),
    availableBytes: () => residency.availableBytes('local'),
    running: () => watch.size,
    breakers: () => hosts.states,
  });
  const { app, listener } = await createHttpApplication({
    module: AppModule.with({ settings, logger, catalog, edge, metrics, watch, runtimes, residency, scheduler, hosts }),
    edge,
    logger,
    tokenRoutes: settings.TOKEN_ROUTES,
  });
  await app.get(EngineLifecycle).begin();
  app.get(PreloadService).begin();
  return { app, edge, listener, runtimes };
}
