import type { Logger } from '@local-llm-agent/observability';
import { within } from '@local-llm-agent/http';
import type { MemoryPool, ModelKey } from '../scheduler/scheduler.types.js';
import type { MemoryLedger, Room, Stranger } from './memory-ledger.service.js';
import type { ResidencyMeter } from './residency.types.js';

/** What it is made with. */
export interface DepartureOptions {
  readonly ledger: MemoryLedger;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly meter: Pick<ResidencyMeter, 'unloaded'> | undefined;
}

/** A runtime that needs longer to let a model go is given up on. */
const UNLOAD_TIMEOUT_MS = 60_000;

/** Lets models go: those that were loaded from here when they are told to, those of others when their memory is needed. */
export class ModelDepartures {
  /** Models that nobody here loaded and that are on their way out. */
  private readonly leaving = new Map<ModelKey, Promise<void>>();

  constructor(private readonly options: DepartureOptions) {}

  /** Settles when a model of somebody else that is on its way out is gone, or stays after all; at once when none is. */
  async settled(key: ModelKey): Promise<void> {
    await this.leaving.get(key);
  }

  /** Unloads models that nobody here loaded, the largest first, until the pool has no more in it than there is. */
  async dropStrangers(pool: MemoryPool): Promise<void> {
    const { ledger } = this.options;
    const tried = new Set<ModelKey>();
    while (ledger.freeBytes(pool) < 0) {
      // Looked up anew each time: meanwhile one of them may have been wanted, and loaded from here.
      const [largest] = ledger.strangersOf(pool).filter(({ key }) => !tried.has(key));
      if (!largest) return;
      tried.add(largest.key);
      await this.drop(largest);
    }
  }

  /** Lets a model go; one that stays all the same is remembered as nobody's, with so many bytes. Never rejects. */
  async release(room: Room, name: string, bytes: number): Promise<void> {
    const { runtime, pool, held, strangers } = room;
    const { ledger, log, meter } = this.options;
    try {
      await within(AbortSignal.timeout(UNLOAD_TIMEOUT_MS), runtime.unload(name));
      // As it is now: meanwhile it may have been told lost, or a load from here may have taken over what it had.
      ledger.freed(pool, held.get(name)?.bytes ?? strangers.get(name) ?? 0);
      strangers.delete(name);
      meter?.unloaded(name);
      log.info({ model: name, runtime: runtime.id, bytes }, 'model unloaded');
    } catch (err) {
      strangers.set(name, bytes);
      log.warn({ err, model: name, runtime: runtime.id }, 'a model could not be unloaded');
    }
    held.delete(name);
  }

  /** Two that need room at the same time wait for the same end: let go twice, its memory would be counted twice. */
  private drop({ key, room, name, bytes }: Stranger): Promise<void> {
    let leaving = this.leaving.get(key);
    if (!leaving) {
      leaving = this.options.ledger
        .changing(room, () => this.release(room, name, bytes))
        .finally(() => this.leaving.delete(key));
      this.leaving.set(key, leaving);
    }
    return leaving;
  }
}
