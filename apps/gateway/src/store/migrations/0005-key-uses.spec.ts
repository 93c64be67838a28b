import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import { openFile } from '../file.dialect.js';
import { migrate } from '../migration.runner.js';
import { MIGRATIONS } from '../migrations.js';
import type { Schema } from '../schema.types.js';

const STEP = '0005-key-uses';
const END = Date.UTC(2026, 0, 20, 12, 34, 56);
const SUMS = { requests: 1, failed: 0, client_left: 0, prompt_tokens: 1, completion_tokens: 1, duration_ms: 1 };
const TIMES = { queued: 0, queue_ms: 0, first_tokens: 0, first_token_ms: 0 };

describe('the step that keeps when keys were used', () => {
  let folder: string;
  let db: Kysely<Schema>;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'key-uses-'));
    db = new Kysely<Schema>({ dialect: await openFile(path.join(folder, 'gateway.db')) });
  });
  afterEach(async () => {
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (steps: typeof MIGRATIONS) => migrate(db as unknown as Kysely<unknown>, 'file', steps);

  it('begins with what the usage tells: the minute, or the day of what is older', async () => {
    await run(MIGRATIONS.slice(0, 3));
    const named = { name: 'n', role: 'inference', hash: '', created_at: 1, updated_at: 1 };
    const ids = ['today', 'long-ago', 'never'];
    await db
      .insertInto('api_keys')
      .values(ids.map((id) => ({ id, ...named })))
      .execute();
    const group = { model: 'm', tier: 'small', endpoint: '/v1/chat/completions', ...SUMS, ...TIMES };
    const days = [
      { day: '2026-01-20', caller: 'today' },
      { day: '2026-01-19', caller: 'today' },
      { day: '2025-11-02', caller: 'long-ago' },
      { day: '2026-01-20', caller: '192.0.2.1' },
    ];
    await db
      .insertInto('usage_days')
      .values(days.map((day) => ({ ...day, ...group })))
      .execute();
    const request = { request_id: 'r', model: 'm', tier: 'small', endpoint: '/v1/chat/completions', streamed: 0 };
    const outcome = {
      status: 200,
      outcome: 'ok',
      prompt_tokens: 1,
      completion_tokens: 1,
      estimated: 0,
      duration_ms: 1,
    };
    await db
      .insertInto('usage_requests')
      .values(
        [END - 5_000_000, END].map((ended_at, at) => ({
          ...{ id: String(at), caller: 'today', ended_at, queue_ms: null, first_token_ms: null },
          ...request,
          ...outcome,
        })),
      )
      .execute();
    expect(await run(MIGRATIONS)).toContain(STEP);
    const uses = await db.selectFrom('key_uses').selectAll().orderBy('key_id').execute();
    expect(uses).toEqual([
      { key_id: 'long-ago', used_at: Date.UTC(2025, 10, 2) },
      { key_id: 'today', used_at: Date.UTC(2026, 0, 20, 12, 34) },
    ]);
  });

  it.each(['before', 'after'])('works %s the other steps that came with it', async (when) => {
    const own = MIGRATIONS.filter(({ name }) => name === STEP);
    const others = MIGRATIONS.slice(3).filter(({ name }) => name !== STEP);
    await run(MIGRATIONS.slice(0, 3));
    for (const steps of when === 'before' ? [own, others] : [others, own]) await run(steps);
    expect(await run(MIGRATIONS)).toEqual([]);
    expect(await db.selectFrom('key_uses').selectAll().execute()).toEqual([]);
  });
});
