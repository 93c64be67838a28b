import { Injectable } from '@nestjs/common';
import { ResidencyService } from '../residency/residency.service.js';
import type { LoraAdapter } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { poolOf, type ModelDemand, type ModelKey } from '../scheduler/scheduler.types.js';

/** Brings adapters into memory over models that are there. */
@Injectable()
export class AdapterService {
  constructor(
    private readonly scheduler: SchedulerService,
    private readonly residency: ResidencyService,
  ) {}

  /**
   * The adapter is over the loaded model when this settles. Other models that nobody uses leave memory for it, those
   * unused for longest first. Throws `backend_unavailable` with both figures when that is not enough.
   */
  async attach(demand: ModelDemand, lora: LoraAdapter, signal: AbortSignal): Promise<void> {
    const needBytes = await this.residency.additions.needOf(demand, lora, signal);
    if (needBytes === undefined) return;
    const pool = poolOf(demand);
    for (const key of this.idle(demand)) {
      if (this.residency.availableBytes(pool) >= needBytes) break;
      await this.scheduler.unload(key);
    }
    await this.residency.additions.attach(demand, { lora, needBytes }, signal);
  }

  private idle(demand: ModelDemand): readonly ModelKey[] {
    const { residents, pinned } = this.scheduler.snapshot();
    return residents
      .filter(({ demand: other, phase, slotsInUse }) => {
        const free = phase === 'ready' && slotsInUse === 0 && !pinned.includes(other.key);
        return free && other.key !== demand.key && poolOf(other) === poolOf(demand);
      })
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt)
      .map((resident) => resident.demand.key);
  }
}
