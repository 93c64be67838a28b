import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@local-llm-agent/observability';
import { LOGGER_TOKEN } from '../engine.tokens.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';

/** Longest wait for a runtime to say what it holds. */
const TIMEOUT_MS = 2000;

/** Sees what a runtime still holds after an error of it, so that the next request need not find out. */
@Injectable()
export class ResidentCheck {
  /** Ids of the runtimes that are being asked: whether they are to be asked once more. */
  private readonly asking = new Map<string, boolean>();

  constructor(
    private readonly residency: ResidencyService,
    @Inject(LOGGER_TOKEN) private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /**
   * Looks at the runtime soon. A load that fails is the error of all that waited for it, so one look serves all; whoever
   * fails while one is under way shares the next, because the answer may be from before the loss.
   */
  look({ id }: Runtime): void {
    if (this.asking.has(id)) {
      this.asking.set(id, true);
      return;
    }
    this.asking.set(id, false);
    this.ask(id).catch((err: unknown) => {
      this.logger.error({ err, runtime: id }, 'the residents of a runtime could not be reconciled');
    });
  }

  private async ask(id: string): Promise<void> {
    try {
      await this.residency.reconcile(AbortSignal.timeout(TIMEOUT_MS), id);
      while (this.asking.get(id)) {
        this.asking.set(id, false);
        await this.residency.reconcile(AbortSignal.timeout(TIMEOUT_MS), id);
      }
    } finally {
      this.asking.delete(id);
    }
  }
}
