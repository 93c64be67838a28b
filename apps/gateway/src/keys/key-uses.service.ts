import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { setImmediate as turn } from 'node:timers/promises';
import type { Store } from '../store/store.service.js';
import type { KeyDirectory } from './key-directory.service.js';
import { writeKeyUses } from './key-use-table.client.js';
import { KeyUsesState } from './key-uses.state.js';

/** What waits is written after this time. */
const PACE_MS = 1000;
/** Pause between two tries while the store is away. */
const RETRY_MS = 5000;
/** Keys of one transaction. */
const MOST_KEYS = 200;

/**
 * Keeps when each key of the store was used last, to the minute. Whoever tells it waits for nothing: a key is written
 * once a minute at most, in batches with all others. While the store is away the last use of each key waits in memory.
 */
export class KeyUses implements OnModuleDestroy {
  private readonly logger = new Logger(KeyUses.name);
  private readonly state = new KeyUsesState();
  private work: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private failing = false;
  private closed = false;

  /** @param clock Unix milliseconds */
  constructor(
    private readonly store: Store,
    private readonly keys: Pick<KeyDirectory, 'find'>,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** Notes that a request came with this key, and was let in. Keys that are not in the store are passed over. */
  note(id: string): void {
    if (this.keys.find(id) && this.state.note(id, this.clock())) this.schedule(PACE_MS);
  }

  /** Writes all that waits now. Rejects when the store is away; then it is tried again later. */
  flush(): Promise<void> {
    const next = this.work.catch(() => undefined).then(() => this.write());
    this.work = next;
    return next;
  }

  /** Writes what waits; what cannot be written now is lost. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    // That it cannot be written was logged; what is lost is at most the last minute of a key.
    await this.flush().catch(() => undefined);
  }

  private async write(): Promise<void> {
    for (let uses = this.state.take(MOST_KEYS); uses.length > 0; uses = this.state.take(MOST_KEYS)) {
      try {
        await writeKeyUses(await this.store.open(), uses);
        this.failing = false;
      } catch (error) {
        this.state.putBack(uses);
        this.lost(error);
        throw error;
      }
      // Requests go on between two batches.
      if (!this.state.isEmpty) await turn();
    }
  }

  private schedule(ms: number): void {
    if (this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush().catch(() => {
        this.schedule(RETRY_MS);
      });
    }, ms).unref();
  }

  private lost(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    const why = error instanceof Error ? error.message : String(error);
    this.logger.warn(
      `When keys were used last cannot be written now (${this.store.place}): ${why}. It is tried again.`,
    );
  }
}
