import { describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@local-llm-agent/contracts';
import { areDays, daysOf, everyDay } from './usage-range.policy';
import { barsOf, labelOf, rowId, sortedRows } from './usage-rows.translate';

const NOW = Date.parse('2026-03-02T23:30:00Z');

function row(more: Partial<UsageRow>): UsageRow {
  return { requests: 1, promptTokens: 2, completionTokens: 1, totalTokens: 3, ...more } as UsageRow;
}

describe('the days', () => {
  it.each([
    ['today', '2026-03-02'],
    ['week', '2026-02-24'],
    ['days30', '2026-02-01'],
    ['month', '2026-03-01'],
  ] as const)('of %s begin on %s and end today, in UTC', (range, from) => {
    expect(daysOf(range, NOW)).toEqual({ from, to: '2026-03-02' });
  });

  it('can be asked for when both are there and in order', () => {
    expect(areDays({ from: '2026-03-01', to: '2026-03-01' })).toBe(true);
    expect(areDays({ from: '2026-03-02', to: '2026-03-01' })).toBe(false);
    expect(areDays({ from: '', to: '2026-03-01' })).toBe(false);
  });

  it('are all drawn, over the end of a month, unless there are too many', () => {
    expect(everyDay({ from: '2026-02-27', to: '2026-03-02' })).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
      '2026-03-02',
    ]);
    expect(everyDay({ from: '1990-01-01', to: '2026-03-02' })).toEqual([]);
  });
});

describe('the rows of usage', () => {
  it('are called as people call the key, else by its id or address', () => {
    expect(labelOf(row({ key: 'k1', keyName: 'ada' }), 'key')).toBe('ada');
    expect(labelOf(row({ key: '10.0.0.1', keyName: null }), 'key')).toBe('10.0.0.1');
    expect(labelOf(row({ model: null }), 'model')).toBe('');
  });

  it('of keys of the same name are told apart', () => {
    const rows = [row({ key: 'k1', keyName: 'ada' }), row({ key: 'k2', keyName: 'ada' })];
    expect(new Set(rows.map((each) => rowId(each, 'key'))).size).toBe(2);
  });

  it('stand in the order of days, else by tokens', () => {
    const days = [row({ day: '2026-03-02' }), row({ day: '2026-03-01' })];
    expect(sortedRows(days, 'day').map(({ day }) => day)).toEqual(['2026-03-01', '2026-03-02']);
    const models = [row({ model: 'a', totalTokens: 1 }), row({ model: 'b', totalTokens: 9 })];
    expect(sortedRows(models, 'model').map(({ model }) => model)).toEqual(['b', 'a']);
  });
});

describe('the bars of usage', () => {
  const days = { from: '2026-03-01', to: '2026-03-03' };

  it('are there for days without a request as well', () => {
    expect(barsOf([row({ day: '2026-03-02' })], 'day', days, '?')).toEqual([
      { label: '2026-03-01', prompt: 0, completion: 0 },
      { label: '2026-03-02', prompt: 2, completion: 1 },
      { label: '2026-03-03', prompt: 0, completion: 0 },
    ]);
  });

  it('are the largest of many, and say where a name is not known', () => {
    const rows = Array.from({ length: 30 }, (_, index) =>
      row({ model: index === 29 ? null : `m${index}`, totalTokens: index }),
    );
    const bars = barsOf(rows, 'model', days, '?');
    expect(bars).toHaveLength(12);
    expect(bars.slice(0, 2).map(({ label }) => label)).toEqual(['?', 'm28']);
  });
});
