import { Inject, Injectable } from '@nestjs/common';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../engine.tokens.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { PoolFacts } from './status.translate.js';

/** Reads how much memory there is for models. */
@Injectable()
export class MemoryPools {
  constructor(
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    private readonly residency: ResidencyService,
  ) {}

  /** Each pool as it is now. */
  read(): readonly PoolFacts[] {
    return this.residency.pools().map(({ id, budgetBytes, strangers }) => ({
      id,
      budgetBytes,
      reserveBytes: budgetBytes === undefined && id === 'local' ? this.settings.MEMORY_RESERVE : 0,
      availableBytes: this.residency.availableBytes(id),
      strangers,
    }));
  }

  /** The pool in which the models of a runtime live: runtime id -> pool id. */
  byRuntime(): ReadonlyMap<string, string> {
    return new Map(this.residency.pools().flatMap(({ id, runtimes }) => runtimes.map((runtime) => [runtime, id])));
  }
}
