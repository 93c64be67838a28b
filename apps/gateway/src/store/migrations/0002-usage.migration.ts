import type { Kysely } from 'kysely';

/** Requests one by one, their sums by day, the tokens of months for budgets, and what writers have written. */
export async function createUsage(db: Kysely<unknown>): Promise<void> {
  await createRequests(db);
  await db.schema
    .createTable('usage_days')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addColumn('failed', 'bigint', (column) => column.notNull())
    .addColumn('client_left', 'bigint', (column) => column.notNull())
    .addColumn('prompt_tokens', 'bigint', (column) => column.notNull())
    .addColumn('completion_tokens', 'bigint', (column) => column.notNull())
    .addColumn('queued', 'bigint', (column) => column.notNull())
    .addColumn('queue_ms', 'bigint', (column) => column.notNull())
    .addColumn('first_tokens', 'bigint', (column) => column.notNull())
    .addColumn('first_token_ms', 'bigint', (column) => column.notNull())
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usage_days_key', ['day', 'caller', 'model', 'tier', 'endpoint'])
    .execute();
  await db.schema
    .createTable('usage_months')
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usage_months_key', ['month', 'caller'])
    .execute();
  await db.schema
    .createTable('usage_writers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('batch', 'bigint', (column) => column.notNull())
    .addColumn('written_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createRequests(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('usage_requests')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('ended_at', 'bigint', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('streamed', 'bigint', (column) => column.notNull())
    .addColumn('status', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('prompt_tokens', 'bigint', (column) => column.notNull())
    .addColumn('completion_tokens', 'bigint', (column) => column.notNull())
    .addColumn('estimated', 'bigint', (column) => column.notNull())
    .addColumn('queue_ms', 'bigint')
    .addColumn('first_token_ms', 'bigint')
    .addColumn('duration_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('usage_requests_ended').on('usage_requests').column('ended_at').execute();
  await db.schema.createIndex('usage_requests_caller').on('usage_requests').columns(['caller', 'ended_at']).execute();
}
