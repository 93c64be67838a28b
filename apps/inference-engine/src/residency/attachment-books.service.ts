import type { Runtime } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelKey } from '../scheduler/scheduler.types.js';
import type { Addition, AdditionHost } from './addition.service.js';
import type { HeldModel, MemoryLedger } from './memory-ledger.service.js';
import type { ModelDepartures } from './model-departures.service.js';

/** Keeps the books of adapters over loaded models: one is a part of its model, and comes and goes with it. */
export class AttachmentBooks implements AdditionHost {
  /** @param tellMeasured told that a model takes, or will take, another amount of memory than before, in bytes */
  constructor(
    private readonly ledger: MemoryLedger,
    private readonly departures: ModelDepartures,
    private readonly tellMeasured: (key: ModelKey, bytes: number) => void,
  ) {}

  runtimeOf(key: ModelKey): Runtime {
    return this.ledger.find(key).room.runtime;
  }

  availableBytes(pool: MemoryPool): number {
    return this.ledger.availableBytes(pool);
  }

  async attaching(
    key: ModelKey,
    needBytes: number,
    attach: (availableBytes: number) => Promise<Addition>,
  ): Promise<void> {
    const { room, name } = this.ledger.find(key);
    const { pool } = room;
    const held = room.held.get(name);
    const booking = this.ledger.book(pool, { key, bytes: needBytes });
    this.bookOn(held, key, needBytes);
    try {
      const { bytes, addedBytes } = await this.ledger.changing(room, async () => {
        await this.departures.dropStrangers(pool);
        return attach(this.ledger.freeBytes(pool) + needBytes);
      });
      this.ledger.endBooking(pool, booking, addedBytes);
      if (!held) return;
      held.bytes = Math.max(held.bytes, bytes);
      held.addedBytes += addedBytes;
    } finally {
      this.ledger.endBooking(pool, booking);
      this.bookOn(held, key, -needBytes);
    }
  }

  private bookOn(held: HeldModel | undefined, key: ModelKey, bytes: number): void {
    const { room, name } = this.ledger.find(key);
    if (!held || room.held.get(name) !== held) return;
    held.bookedBytes += bytes;
    this.tellMeasured(key, held.bytes + held.bookedBytes);
  }
}
