import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ApiError, insufficientMemory, modelNotFound } from '@local-llm-agent/contracts';
import type { CatalogIndex, CatalogModel } from '@local-llm-agent/config';
import type { Logger } from '@local-llm-agent/observability';
import { CATALOG_TOKEN, LOGGER_TOKEN } from '../engine.tokens.js';
import type { KnownModel } from '../residency/model-demand.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { ModelPlansService } from './model-plans.service.js';

/** How often it is looked whether requests are still being served or waited for. */
const BUSY_LOOK_MS = 500;
/** A runtime may start later than the engine. */
const RETRY_MS = 5000;
const MOST_TRIES = 24;
/** Longest time that a model may take to get into memory; the load itself has its own bound. */
const LOAD_WAIT_MS = 60 * 60_000;
/** Who asks, as far as the scheduler is concerned. */
const CALLER = 'preload';

/** Gets ready what the catalog wants at start: adapters, and models in memory. */
@Injectable()
export class PreloadService implements OnModuleDestroy {
  private readonly closing = new AbortController();

  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    @Inject(LOGGER_TOKEN) private readonly log: Logger,
    private readonly directory: ModelDirectory,
    private readonly residency: ResidencyService,
    private readonly scheduler: SchedulerService,
    private readonly plans: ModelPlansService,
  ) {}

  /** Begins; nothing waits for it. */
  begin(): void {
    void this.directory.prepare((model, err) => {
      this.log.warn({ err, model }, 'an adapter is not ready; it is tried again when it is asked for');
    });
    void this.load();
  }

  /** Loads no more. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /**
   * Loads the marked models, pinned ones first, one after the other. Each waits until no request waits, and none makes
   * another leave: who asks for a model is never worse off. What cannot be loaded is logged. Never rejects.
   */
  private async load(): Promise<void> {
    const { signal } = this.closing;
    const marked = this.catalog.catalog.models.filter(({ preload }) => preload);
    for (const model of [...marked.filter(({ pinned }) => pinned), ...marked.filter(({ pinned }) => !pinned)]) {
      const failure = await this.loadOne(model, signal).catch((error: unknown) => error);
      if (signal.aborted) return;
      if (failure === undefined) continue;
      const why = failure instanceof Error ? failure.message : 'the log has the cause';
      this.log.error({ err: failure, model: model.id }, `the model ${model.id} is not preloaded: ${why}`);
    }
  }

  private async loadOne(model: CatalogModel, signal: AbortSignal): Promise<void> {
    const { demand } = await this.find(model, signal);
    await this.calm(signal);
    const { residents } = this.scheduler.snapshot();
    if (!residents.some(({ demand: { key } }) => key === demand.key)) {
      const free = this.residency.availableBytes(demand.pool ?? 'local');
      if (demand.needBytes > free) throw insufficientMemory(demand.needBytes, free);
    }
    const { tier } = model;
    const lease = await this.scheduler.acquire({ demand, tier, caller: CALLER, signal, timeoutMs: LOAD_WAIT_MS });
    lease.release();
    this.log.info({ model: model.id }, `the model ${model.id} is preloaded`);
  }

  /** The model on the runtime that has it; a runtime that is away is waited for. */
  private async find({ id, tier }: CatalogModel, signal: AbortSignal): Promise<KnownModel> {
    for (let tried = 1; ; tried += 1) {
      try {
        const model = await this.directory.resolve(id, tier);
        if (model.fallbackFrom !== undefined)
          throw modelNotFound(`It is not installed. Install it, or take preload out of its entry in the catalog.`);
        return await this.plans.known(model, signal);
      } catch (error) {
        if (tried >= MOST_TRIES || !(error instanceof ApiError) || error.origin !== 'runtime') throw error;
        if (tried === 1)
          this.log.warn({ err: error, model: id }, 'a runtime does not answer: the preload waits for it');
        await wait(RETRY_MS, undefined, { signal });
      }
    }
  }

  /** Resolves when nothing waits and nothing is being loaded. */
  private async calm(signal: AbortSignal): Promise<void> {
    for (;;) {
      const { queues, flights } = this.scheduler.snapshot();
      if (queues.length === 0 && flights.length === 0) return;
      await wait(BUSY_LOOK_MS, undefined, { signal });
    }
  }
}
