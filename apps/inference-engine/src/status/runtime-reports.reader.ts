import { Inject, Injectable } from '@nestjs/common';
import { RUNTIMES_TOKEN } from '../engine.tokens.js';
import type { Runtime } from '../runtime/runtime.contract.js';

/** What a runtime said of itself. */
export interface RuntimeReport {
  readonly up: boolean;
  readonly detail: string | undefined;
}

/** How long a report is good. */
const FRESH_MS = 5000;
/** Longest wait for a runtime. */
const TIMEOUT_MS = 2500;

/** Whether the runtimes answer, without asking them each time: who watches the state must not be a load for them. */
@Injectable()
export class RuntimeReports {
  private readonly known = new Map<string, RuntimeReport>();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(@Inject(RUNTIMES_TOKEN) private readonly runtimes: readonly Runtime[]) {}

  /** The last report of each runtime by its id; only the first call waits for it. */
  async latest(): Promise<ReadonlyMap<string, RuntimeReport>> {
    if (performance.now() - this.readAt >= FRESH_MS) this.reading ??= this.read();
    if (this.known.size < this.runtimes.length) await this.reading;
    return this.known;
  }

  private async read(): Promise<void> {
    await Promise.all(this.runtimes.map(async (runtime) => this.known.set(runtime.id, await this.ask(runtime))));
    this.readAt = performance.now();
    this.reading = undefined;
  }

  private async ask(runtime: Runtime): Promise<RuntimeReport> {
    try {
      const { up, detail } = await runtime.health(AbortSignal.timeout(TIMEOUT_MS));
      return { up, detail };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { up: false, detail: `${runtime.id} does not answer: ${why}` };
    }
  }
}
