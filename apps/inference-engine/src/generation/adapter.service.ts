import { Injectable } from '@nestjs/common';
import { within } from '@local-llm-agent/http';
import { ResidencyService } from '../residency/residency.service.js';
import type { LoraAdapter } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { poolOf, type ModelDemand, type ModelKey } from '../scheduler/scheduler.types.js';

/** Changes of memory that an adapter waits for before it is refused: others may follow each other for long. */
const MOST_WAITS = 8;

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
    await this.makeRoom(demand, needBytes, signal);
    await this.residency.additions.attach(demand, { lora, needBytes }, signal);
  }

  /**
   * Memory is looked at anew after each step. A change that is under way is waited for: until its end no model can be
   * let go, and its end may be all that was needed.
   */
  private async makeRoom(demand: ModelDemand, needBytes: number, signal: AbortSignal): Promise<void> {
    const pool = poolOf(demand);
    let waits = 0;
    while (this.residency.availableBytes(pool) < needBytes) {
      const change = this.scheduler.change(pool);
      if (change) {
        if (waits === MOST_WAITS) return;
        waits += 1;
        await within(signal, change);
        continue;
      }
      const [key] = this.idle(demand);
      if (key === undefined) return;
      const cause = { code: 'adapter', key: demand.key } as const;
      if (!(await within(signal, this.scheduler.unload(key, cause)))) return;
    }
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
