import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Store } from '../store/store.service.js';
import { readKeyVersion, readKeys } from './key-table.client.js';
import type { KeyRecord } from './key.types.js';

/** Pause between two looks at the store: a change is known everywhere after this and the time of two queries. */
const POLL_MS = 1000;

/** What is told of the directory. */
export interface DirectoryNotes {
  /** The store could not be read. */
  readonly failed: () => void;
}

/**
 * All keys in memory, so that no request waits for the store. It follows the changes of other processes by polling a
 * counter. While the store is away the keys that are known go on working.
 */
export class KeyDirectory implements OnModuleDestroy {
  private readonly logger = new Logger(KeyDirectory.name);
  private keys: ReadonlyMap<string, KeyRecord> = new Map();
  private budgets = false;
  /** Counter of the changes that are known; undefined before the first reading. */
  private version: number | undefined;
  private awaySince: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly notes: DirectoryNotes = { failed: () => undefined },
  ) {}

  /**
   * Reads the keys for the first time, then keeps up with them. Does not reject when the store is away: until it has
   * answered once it is not {@link known} whether there are keys.
   */
  async start(): Promise<void> {
    await this.poll();
  }

  /** Whether the store was ever read, so that it is known what keys there are. */
  get known(): boolean {
    return this.version !== undefined;
  }

  /** Number of keys, those that are not good any more as well. */
  get size(): number {
    return this.keys.size;
  }

  /** Whether any key has a budget of tokens. */
  get hasBudgets(): boolean {
    return this.budgets;
  }

  /** Whether the last look at the store succeeded. */
  get up(): boolean {
    return this.awaySince === undefined;
  }

  /** The key with this id, good or not. */
  find(id: string): KeyRecord | undefined {
    return this.keys.get(id);
  }

  /** Looks at the store now: a change of this process is known to it when this resolves. Rejects when it cannot. */
  refresh(): Promise<void> {
    const next = this.reading.catch(() => undefined).then(() => this.read());
    this.reading = next;
    return next;
  }

  /** Stops looking. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.reading.catch(() => undefined);
  }

  private async poll(): Promise<void> {
    try {
      await this.refresh();
      this.found();
    } catch (error) {
      this.lost(error);
    }
    if (this.closed) return;
    this.timer = setTimeout(() => void this.poll(), POLL_MS).unref();
  }

  private async read(): Promise<void> {
    if (!(await this.store.exists())) {
      this.version ??= 0;
      return;
    }
    const db = await this.store.open();
    const version = await readKeyVersion(db);
    if (version === this.version) return;
    // Read after the counter: at worst a change is read twice, never missed.
    const keys = await readKeys(db);
    this.say(keys.length);
    this.keys = new Map(keys.map((key) => [key.id, key]));
    this.budgets = keys.some(({ tokensPerMonth }) => (tokensPerMonth ?? 0) > 0);
    this.version = version;
  }

  /** That a gateway opens or closes is worth a line. */
  private say(count: number): void {
    if (count > 0 && this.keys.size === 0) this.logger.warn(`Keys are on: ${count} in ${this.store.place}.`);
    if (count === 0 && this.keys.size > 0) this.logger.warn(`There are no keys any more in ${this.store.place}.`);
  }

  private found(): void {
    if (this.awaySince === undefined) return;
    const seconds = Math.round((Date.now() - this.awaySince) / 1000);
    this.awaySince = undefined;
    this.logger.warn(`The store of keys is back after ${seconds} s.`);
  }

  private lost(error: unknown): void {
    this.notes.failed();
    // What hangs would hang for every look to come.
    this.store.renew();
    if (this.awaySince !== undefined) return;
    this.awaySince = Date.now();
    const why = error instanceof Error ? error.message : String(error);
    this.logger.error(
      `The store of keys does not answer (${this.store.place}): ${why}. ` +
        (this.known
          ? 'The keys that are known go on working; changes are not seen until it is back.'
          : 'It is not known which keys there are, so only ADMIN_KEY is let in until it answers.'),
    );
  }
}
