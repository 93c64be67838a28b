import type { Kysely } from 'kysely';
import { createApiKeys } from './migrations/0001-api-keys.migration.js';
import { createUsage } from './migrations/0002-usage.migration.js';
import { addKeyCache } from './migrations/0003-key-cache.migration.js';
import { addUsageCached } from './migrations/0004-usage-cached.migration.js';
import { createKeyUses } from './migrations/0005-key-uses.migration.js';

/** One step of the schema. It runs once for each database, in a transaction. */
export interface Migration {
  readonly name: string;
  readonly up: (db: Kysely<unknown>) => Promise<void>;
}

/**
 * All steps, in order. Add to the end; never change one that was released. A step only adds: while a new version is
 * rolled out, replicas of the old one go on working with the new schema.
 */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-api-keys', up: createApiKeys },
  { name: '0002-usage', up: createUsage },
  { name: '0003-key-cache', up: addKeyCache },
  { name: '0004-usage-cached', up: addUsageCached },
  { name: '0005-key-uses', up: createKeyUses },
];
