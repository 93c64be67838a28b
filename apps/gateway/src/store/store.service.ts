import { access } from 'node:fs/promises';
import path from 'node:path';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Database } from './database.factory.js';

/** The settings that say where the store is. */
export interface StoreSettings {
  readonly DATABASE_URL: string | undefined;
  readonly DATA_DIR: string;
}

/** Name of the file in the data folder. */
const FILE = 'gateway.db';
/** What Node says of a file that is not there. */
const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR'];

/**
 * The SQL store of the gateway: a file in DATA_DIR, or the Postgres of DATABASE_URL. Its packages are loaded and it is
 * opened with the first use, so that a gateway that keeps nothing pays nothing.
 */
export class Store implements OnModuleDestroy {
  private readonly logger = new Logger(Store.name);
  private opened: Promise<Database> | undefined;

  constructor(private readonly settings: StoreSettings) {}

  /** What it is, for people: never with a password. */
  get place(): string {
    return this.settings.DATABASE_URL === undefined ? this.file : 'the Postgres of DATABASE_URL';
  }

  /** Whether anything may have been kept already, as far as can be told. Nothing is made by asking. */
  async exists(): Promise<boolean> {
    if (this.settings.DATABASE_URL !== undefined || this.opened) return true;
    try {
      await access(this.file);
      return true;
    } catch (error) {
      // A folder that we may not look into is not an empty one.
      return !ABSENT.includes((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  /**
   * The database, with every migration done. Rejects while it cannot be reached; the next call tries again.
   * The result is good until {@link renew}: ask for it anew for each piece of work.
   */
  open(): Promise<Database> {
    if (this.opened) return this.opened;
    const opening = this.connect();
    this.opened = opening;
    opening.catch(() => {
      if (this.opened === opening) this.opened = undefined;
    });
    return opening;
  }

  /** Gives up all connections, which may hang, and makes new ones with the next use. */
  renew(): void {
    const { opened } = this;
    this.opened = undefined;
    if (opened) void this.end(opened);
  }

  /** Ends all connections. */
  async onModuleDestroy(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    if (opened) await this.end(opened);
  }

  private get file(): string {
    return path.resolve(this.settings.DATA_DIR, FILE);
  }

  private async connect(): Promise<Database> {
    const { openDatabase } = await import('./database.factory.js');
    const { DATABASE_URL: url } = this.settings;
    return openDatabase(url === undefined ? { file: this.file } : { url }, {
      lost: (error) => {
        this.logger.warn(`A connection to Postgres was lost: ${error.message}`);
      },
      migrated: (names) => {
        this.logger.log(`Migrations done in ${this.place}: ${names.join(', ')}`);
      },
    });
  }

  private async end(opened: Promise<Database>): Promise<void> {
    try {
      await (await opened).destroy();
    } catch (error) {
      // It never opened, or its connections broke: either way nothing of it is left.
      this.logger.log(`The store ended with: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
