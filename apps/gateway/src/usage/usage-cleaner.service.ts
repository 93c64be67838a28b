import { setTimeout as pause } from 'node:timers/promises';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Store } from '../store/store.service.js';
import { deleteCounters, deleteDay, deleteRequests } from './usage-cleaning.client.js';
import { dayOf, monthOf } from './usage.types.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;
/** The first time is random: replicas that start together need not clean together. */
const FIRST_WITHIN_MS = 300_000;
/** Rows of one statement, and the pause after it: requests go first. */
const ROWS = 200;
const PAUSE_MS = 25;
/** Most statements for each table in one run; the next one goes on. */
const MOST_STATEMENTS = 5000;
/** Budgets look at this month only; the one before stays for clocks that differ. */
const LEAST_MONTHS_MS = 62 * DAY_MS;
/** A batch that was not confirmed is tried again within seconds. */
const WRITERS_MS = 2 * DAY_MS;

/** How long usage is kept, days. */
export interface Retention {
  readonly USAGE_REQUEST_DAYS: number;
  readonly USAGE_DAYS: number;
}

/**
 * Deletes what is older than the settings say, every hour, a little at a time. Any number of replicas may do it at once:
 * what one has deleted the others do not find.
 */
export class UsageCleaner implements OnModuleDestroy {
  private readonly logger = new Logger(UsageCleaner.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly retention: Retention,
  ) {}

  /** Cleans for the first time within minutes, then every hour. */
  start(): void {
    this.schedule(Math.random() * FIRST_WITHIN_MS);
  }

  /**
   * Deletes what is too old now. Resolves to the number of rows; rejects when the store is away.
   * @param now Unix milliseconds
   */
  async clean(now: number): Promise<number> {
    if (!(await this.store.exists())) return 0;
    const db = await this.store.open();
    const { USAGE_REQUEST_DAYS: requestDays, USAGE_DAYS: days } = this.retention;
    const requests = await this.inSteps(() => deleteRequests(db, now - requestDays * DAY_MS, ROWS));
    const sums = await this.inSteps(() => deleteDay(db, dayOf(now - days * DAY_MS)));
    const month = monthOf(now - Math.max(days * DAY_MS, LEAST_MONTHS_MS));
    return requests + sums + (await deleteCounters(db, { month, writtenAt: now - WRITERS_MS }));
  }

  /** Stops after the statement that runs. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.running = this.run();
    }, ms).unref();
  }

  private async run(): Promise<void> {
    try {
      const rows = await this.clean(Date.now());
      if (rows > 0) this.logger.log(`${rows} rows of old usage were deleted.`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.logger.warn(`Old usage could not be deleted, the next try is in an hour: ${why}`);
    }
    this.schedule(EVERY_MS);
  }

  private async inSteps(step: () => Promise<number>): Promise<number> {
    let all = 0;
    for (let steps = 0; steps < MOST_STATEMENTS && !this.closed; steps += 1) {
      const rows = await step();
      if (rows === 0) break;
      all += rows;
      await pause(PAUSE_MS);
    }
    return all;
  }
}
