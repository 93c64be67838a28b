import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from '@local-llm-agent/observability';
import { RequestWatch } from '@local-llm-agent/http';
import { LOGGER_TOKEN } from './engine.tokens.js';
import { RuntimeWatch } from './placement/runtime-watch.service.js';
import { chooseForRelief } from './residency/pressure.policy.js';
import { ResidencyService } from './residency/residency.service.js';
import { SchedulerService } from './scheduler/scheduler.service.js';

/** How often what is believed to be loaded is compared with what the runtimes say. */
const RECONCILE_MS = 5000;
/** Longest wait for their word. */
const RECONCILE_TIMEOUT_MS = 4000;

/** What goes on in the engine besides requests, and its end. */
@Injectable()
export class EngineLifecycle implements OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LOGGER_TOKEN) private readonly logger: Logger,
    private readonly residency: ResidencyService,
    private readonly scheduler: SchedulerService,
    private readonly hosts: RuntimeWatch,
    private readonly watch: RequestWatch,
  ) {}

  /**
   * Begins to look after the runtimes. Settles when each has said what it holds, or could have: what somebody else loaded
   * there has to be known before the first load is decided, or the two together may be more than there is.
   */
  async begin(): Promise<void> {
    this.hosts.begin();
    await this.logged(this.reconcile());
    void this.logged(this.relieve());
    this.timer = setInterval(() => {
      void this.logged(this.reconcile().then(() => this.relieve()));
    }, RECONCILE_MS).unref();
  }

  private async logged(look: Promise<void>): Promise<void> {
    try {
      await look;
    } catch (err) {
      this.logger.error({ err }, 'the residents could not be reconciled');
    }
  }

  /** Sees what the runtimes hold. */
  private reconcile(): Promise<void> {
    return this.residency.reconcile(AbortSignal.timeout(RECONCILE_TIMEOUT_MS));
  }

  /** Lets idle models go where memory has become short. */
  private async relieve(): Promise<void> {
    for (const { pool, shortBytes } of await this.residency.shortages()) {
      const { residents, pinned } = this.scheduler.snapshot();
      const keys = chooseForRelief({ residents, pinned: new Set(pinned), pool }, shortBytes);
      this.logger.warn({ pool, shortBytes, unloading: keys }, 'memory pressure: less is free than must be');
      for (const key of keys) await this.scheduler.unload(key, { code: 'memory_pressure', shortBytes });
    }
  }

  /** Refuses what still waits, and ends the runtimes with their child processes. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.scheduler.close();
    this.residency.close();
    this.watch.close();
    await this.hosts.close();
  }
}
