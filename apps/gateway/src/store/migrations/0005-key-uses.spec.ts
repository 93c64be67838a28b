import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import { openFile } from '../file.dialect.js';
import { migrate } from '../migration.runner.js';
import { MIGRATIONS } from '../migrations.js';

const STEP = '0005-key-uses';
/** The steps that it builds on. */
const BEFORE = MIGRATIONS.slice(0, 3);
const END = Date.UTC(2026, 0, 20, 12, 34, 56);

type Row = Readonly<Record<string, string | number | null>>;

/** The tables as they were and as they become, whatever the schema is by now. */
interface Tables {
  readonly api_keys: Row;
  readonly usage_months: Row;
  readonly usage_requests: Row;
  readonly key_uses: { readonly key_id: string; readonly used_at: number };
}

function keyOf(id: string): Row {
  return { id, name: id, role: 'inference', hash: '', created_at: 1, updated_at: 1 };
}

function requestOf(caller: string, ended_at: number): Row {
  return {
    ...{ id: String(ended_at), ended_at, request_id: 'r', caller, model: 'm', tier: 'small', endpoint: '/chat' },
    ...{ streamed: 0, status: 200, outcome: 'ok', prompt_tokens: 1, completion_tokens: 1, estimated: 0 },
    ...{ queue_ms: null, first_token_ms: null, duration_ms: 1 },
  };
}

describe('the step that keeps when keys were used', () => {
  let folder: string;
  let db: Kysely<Tables>;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'key-uses-'));
    db = new Kysely<Tables>({ dialect: await openFile(path.join(folder, 'gateway.db')) });
  });
  afterEach(async () => {
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (steps: typeof MIGRATIONS) => migrate(db as unknown as Kysely<unknown>, 'file', steps);

  it('begins with what the usage tells: the minute, or the end of the month of what is older', async () => {
    await run(BEFORE);
    await db.insertInto('api_keys').values(['recent', 'long-ago', 'this-month', 'never'].map(keyOf)).execute();
    const now = Date.now();
    const months = [
      { month: '2025-11', caller: 'long-ago', tokens: 1 },
      { month: '2024-12', caller: 'long-ago', tokens: 1 },
      { month: new Date(now).toISOString().slice(0, 7), caller: 'this-month', tokens: 1 },
      { month: '2026-01', caller: 'recent', tokens: 1 },
      { month: '2026-01', caller: '192.0.2.1', tokens: 1 },
    ];
    await db.insertInto('usage_months').values(months).execute();
    const requests = [requestOf('recent', END), requestOf('recent', END - 5_000_000)];
    await db.insertInto('usage_requests').values(requests).execute();
    expect(await run(MIGRATIONS)).toContain(STEP);
    const rows = await db.selectFrom('key_uses').selectAll().execute();
    const uses = new Map(rows.map(({ key_id, used_at }) => [key_id, used_at]));
    expect([...uses.keys()].sort()).toEqual(['long-ago', 'recent', 'this-month']);
    expect(uses.get('recent')).toBe(Date.UTC(2026, 0, 20, 12, 34));
    expect(uses.get('long-ago')).toBe(Date.UTC(2025, 10, 30, 23, 59));
    // Not in the future.
    expect(uses.get('this-month')).toBeGreaterThan(now - 61_000);
    expect(uses.get('this-month')).toBeLessThanOrEqual(Date.now());
  });

  it.each(['before', 'after'])('works %s the other steps that came with it', async (when) => {
    const own = MIGRATIONS.filter(({ name }) => name === STEP);
    const others = MIGRATIONS.slice(3).filter(({ name }) => name !== STEP);
    await run(BEFORE);
    for (const steps of when === 'before' ? [own, others] : [others, own]) await run(steps);
    expect(await run(MIGRATIONS)).toEqual([]);
    expect(await db.selectFrom('key_uses').selectAll().execute()).toEqual([]);
  });
});
