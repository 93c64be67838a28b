import { Inject, Injectable } from '@nestjs/common';
import { RUNTIMES_TOKEN } from '../engine.tokens.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';

/** What a runtime said of itself. */
export interface RuntimeReport {
  readonly id: string;
  readonly kind: string;
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
  private known: readonly RuntimeReport[] | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<readonly RuntimeReport[]> | undefined;

  constructor(
    @Inject(RUNTIMES_TOKEN) private readonly runtimes: readonly Runtime[],
    private readonly hosts: RuntimeWatch,
  ) {}

  /** The last report of each runtime, which is asked again from time to time; only the first call waits for them. */
  async latest(): Promise<readonly RuntimeReport[]> {
    if (performance.now() - this.readAt >= FRESH_MS) this.reading ??= this.read();
    return this.known ?? this.reading ?? [];
  }

  private async read(): Promise<readonly RuntimeReport[]> {
    this.known = await Promise.all(
      this.runtimes.map(async (runtime) => {
        const { up, detail } = await this.hosts.health(runtime, TIMEOUT_MS);
        return { id: runtime.id, kind: runtime.name, up, detail };
      }),
    );
    this.readAt = performance.now();
    this.reading = undefined;
    return this.known;
  }
}
