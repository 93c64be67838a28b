import { describe, expect, it } from '@jest/globals';
import { recordOf } from '../../test/usage-record.harness.js';
import { UsageBatch } from './usage-batch.state.js';

const ENDED_AT = Date.UTC(2026, 0, 20, 10);
const RECORD = recordOf({ endedAt: ENDED_AT, queueMs: 40, firstTokenMs: 250, durationMs: 1000 });
const ROOM = { request: true, sum: true };

describe('a batch of usage', () => {
  it('sums what has day, caller, model, tier and endpoint in common', () => {
    const batch = new UsageBatch();
    batch.add(RECORD, ROOM);
    batch.add({ ...RECORD, outcome: 'rate_limited', queueMs: undefined, firstTokenMs: undefined }, ROOM);
    batch.add({ ...RECORD, outcome: 'client_left', cached: true }, ROOM);
    expect(batch.requests).toHaveLength(3);
    expect(batch.days).toEqual([
      {
        day: '2026-01-20',
        caller: 'k1',
        model: 'gemma3',
        tier: 'small',
        endpoint: '/v1/chat/completions',
        requests: 3,
        failed: 1,
        client_left: 1,
        cached: 1,
        prompt_tokens: 21,
        completion_tokens: 9,
        queued: 2,
        queue_ms: 80,
        first_tokens: 2,
        first_token_ms: 500,
        duration_ms: 3000,
      },
    ]);
  });

  it('keeps apart what differs, by the day in UTC, and gives it in one order', () => {
    const batch = new UsageBatch();
    batch.add({ ...RECORD, endedAt: Date.UTC(2026, 0, 21) }, ROOM);
    batch.add({ ...RECORD, caller: 'k2' }, ROOM);
    batch.add({ ...RECORD, endedAt: Date.UTC(2026, 0, 20, 23, 59, 59, 999), model: undefined, tier: undefined }, ROOM);
    batch.add(RECORD, ROOM);
    expect(batch.days.map(({ day, caller, model, tier }) => [day, caller, model, tier])).toEqual([
      ['2026-01-20', 'k1', '', ''],
      ['2026-01-20', 'k1', 'gemma3', 'small'],
      ['2026-01-20', 'k2', 'gemma3', 'small'],
      ['2026-01-21', 'k1', 'gemma3', 'small'],
    ]);
  });

  it('leaves a request out of the list before it leaves one out of the sums', () => {
    const batch = new UsageBatch();
    expect(batch.add(RECORD, ROOM)).toBe('nothing');
    expect(batch.add(RECORD, { request: false, sum: false })).toBe('request');
    expect(batch.add({ ...RECORD, caller: 'k2' }, { request: false, sum: false })).toBe('all');
    expect(batch.requests).toHaveLength(1);
    expect(batch.days).toMatchObject([{ requests: 2 }]);
  });

  it('is full after some hundred requests, or sums', () => {
    const one = new UsageBatch();
    const many = new UsageBatch();
    for (let at = 0; at < 199; at += 1) {
      one.add(RECORD, ROOM);
      many.add({ ...RECORD, caller: `k${at}` }, { request: false, sum: true });
    }
    expect([one.isFull, many.isFull]).toEqual([false, false]);
    one.add(RECORD, ROOM);
    many.add({ ...RECORD, caller: 'other' }, { request: false, sum: true });
    expect([one.isFull, one.size, many.isFull, many.size]).toEqual([true, 1, true, 200]);
  });

  it('sums the tokens of months', () => {
    const batch = new UsageBatch();
    expect(batch.isEmpty).toBe(true);
    batch.spend('2026-02', 'k1', 5);
    batch.spend('2026-01', 'k1', 1);
    batch.spend('2026-02', 'k1', 6);
    expect(batch.isEmpty).toBe(false);
    expect([batch.spentIn('2026-02', 'k1'), batch.spentIn('2026-02', 'k2')]).toEqual([11, 0]);
    expect(batch.months).toEqual([
      { month: '2026-01', caller: 'k1', tokens: 1 },
      { month: '2026-02', caller: 'k1', tokens: 11 },
    ]);
  });
});
