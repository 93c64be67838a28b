import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Store } from '../store/store.service.js';
import { UsageBatch, type LeftOut } from './usage-batch.state.js';
import { readMonth, writeBatch } from './usage-table.client.js';
import { monthOf, type UsageRecord } from './usage.types.js';

/** What waits is written after this time: with the time of the writing, well within a second. */
const PACE_MS = 500;
/** Longest pause between two tries while the store is away. */
const LONGEST_PAUSE_MS = 5000;
/** Most requests that wait to be written, about 5 MB; further ones are kept in the sums only. */
const MOST_REQUESTS = 10_000;
/** Most sums by day, caller, model, tier and endpoint that wait to be written. */
const MOST_SUMS = 5000;

/** Who is told of what happens to records. */
export interface LedgerNotes {
  readonly written: (requests: number) => void;
  /** A request was left out of the list; `all`: out of the sums as well. */
  readonly dropped: (what: Exclude<LeftOut, 'nothing'>) => void;
  readonly failed: () => void;
}

/**
 * Keeps what requests have used. Whoever tells it waits for nothing: it holds a bounded number of records in memory and
 * writes them in batches, twice a second at most. A batch that could not be written is tried again, and counts once.
 */
export class UsageLedger implements OnModuleDestroy {
  private readonly logger = new Logger(UsageLedger.name);
  private readonly writer = randomBytes(9).toString('base64url');
  /** Of the batch that was sealed last. */
  private number = 0;
  /** What waits, the oldest first. */
  private readonly batches: UsageBatch[] = [];
  /** The first batch, while it is written or tried again: nothing may be added to it. */
  private sealed: UsageBatch | undefined;
  private requests = 0;
  private sums = 0;
  private totals: { readonly month: string; readonly tokens: Map<string, number> } = { month: '', tokens: new Map() };
  private work: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly notes: LedgerNotes,
  ) {}

  /** Whether the last use of the store succeeded. */
  get up(): boolean {
    return this.failures === 0;
  }

  /** Requests that wait to be written. */
  get waiting(): number {
    return this.requests;
  }

  /** Notes a request that is over. */
  record(record: UsageRecord): void {
    const batch = this.openBatch();
    const { size } = batch;
    const left = batch.add(record, { request: this.requests < MOST_REQUESTS, sum: this.sums < MOST_SUMS });
    this.sums += batch.size - size;
    if (left === 'nothing') this.requests += 1;
    else this.notes.dropped(left);
    this.schedule(PACE_MS);
  }

  /** Adds tokens to the month of a key. */
  spend(month: string, caller: string, tokens: number): void {
    this.openBatch().spend(month, caller, tokens);
    this.schedule(PACE_MS);
  }

  /** Tokens of a key in a month: those that are known to be in the store, and those that wait to be written. */
  spentIn(month: string, caller: string): number {
    const stored = this.totals.month === month ? (this.totals.tokens.get(caller) ?? 0) : 0;
    return this.batches.reduce((spent, batch) => spent + batch.spentIn(month, caller), stored);
  }

  /** Reads what the keys with a budget have used, by all processes. Rejects when the store is away. */
  refresh(month: string): Promise<void> {
    // In turn with the batches: what is read has all that is not waiting any more.
    return this.inTurn(async () => {
      if (!(await this.store.exists())) return;
      const rows = await readMonth(await this.store.open(), month);
      this.totals = { month, tokens: new Map(rows.map(({ caller, tokens }) => [caller, tokens])) };
    });
  }

  /** Writes all that waits now. Rejects when the store is away; then it is tried again later. */
  flush(): Promise<void> {
    return this.inTurn(async () => {
      const last = this.batches.at(-1);
      for (let first = this.batches[0]; first; first = this.batches[0]) {
        await this.write(first);
        if (first === last) return;
        // Requests go on between two batches.
        await turn();
      }
    });
  }

  /** Writes what waits; what cannot be written now is lost. */
  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.closed = true;
    try {
      await this.flush();
    } catch {
      this.logger.error(`The usage of ${this.waiting} requests is lost: ${this.store.place} does not answer.`);
    }
  }

  private openBatch(): UsageBatch {
    const last = this.batches.at(-1);
    if (last && last !== this.sealed && !last.isFull) return last;
    const batch = new UsageBatch();
    this.batches.push(batch);
    return batch;
  }

  private async write(batch: UsageBatch): Promise<void> {
    if (batch !== this.sealed) {
      this.sealed = batch;
      this.number += 1;
    }
    const stamp = { writer: this.writer, number: this.number, at: Date.now() };
    const db = await this.store.open();
    const months = (await writeBatch(db, stamp, batch)) ?? (await readMonth(db, monthOf(stamp.at)));
    this.sealed = undefined;
    this.batches.shift();
    this.requests -= batch.requests.length;
    this.sums -= batch.size;
    for (const { month, caller, tokens } of months) this.learn(month, caller, tokens);
    this.notes.written(batch.requests.length);
  }

  private learn(month: string, caller: string, tokens: number): void {
    if (month < this.totals.month) return;
    if (month > this.totals.month) this.totals = { month, tokens: new Map() };
    this.totals.tokens.set(caller, tokens);
  }

  private schedule(ms: number): void {
    if (this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush().catch(() => {
        this.schedule(Math.min(PACE_MS * 2 ** this.failures, LONGEST_PAUSE_MS));
      });
    }, ms).unref();
  }

  private inTurn<T>(use: () => Promise<T>): Promise<T> {
    const next = this.work
      .catch(() => undefined)
      .then(use)
      .then(
        (result) => {
          this.found();
          return result;
        },
        (error: unknown) => {
          this.lost(error);
          throw error;
        },
      );
    this.work = next;
    return next;
  }

  private found(): void {
    if (this.failures > 0) this.logger.warn(`Usage can be written again, after ${this.failures} failures.`);
    this.failures = 0;
  }

  private lost(error: unknown): void {
    this.failures += 1;
    this.notes.failed();
    if (this.failures > 1) return;
    const why = error instanceof Error ? error.message : String(error);
    this.logger.error(
      `Usage cannot be written (${this.store.place}): ${why}. It waits in memory, up to ${MOST_REQUESTS} requests. ` +
        'Check DATABASE_URL, or that DATA_DIR can be written; USAGE=off keeps none.',
    );
  }
}
