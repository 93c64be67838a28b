import { describe, expect, it } from '@jest/globals';
import { csvCell, toCsv } from './usage-csv.translate.js';

const SUMS = {
  requests: 2,
  failed: 0,
  clientLeft: 1,
  cached: 1,
  promptTokens: 14,
  completionTokens: 6,
  totalTokens: 20,
  meanQueueMs: 3,
  meanFirstTokenMs: null,
  meanDurationMs: 100,
};

describe('usage as CSV', () => {
  it('has a line of names and a line for each row, with nothing where nothing is known', () => {
    const data = [{ day: '2026-01-20', key: 'k1', keyName: 'Ada, the "first"', ...SUMS }];
    expect(toCsv({ groupBy: ['day', 'key'], data })).toBe(
      'day,key,keyName,requests,failed,clientLeft,cached,promptTokens,completionTokens,totalTokens,meanQueueMs,meanFirstTokenMs,meanDurationMs\r\n' +
        '"2026-01-20","k1","Ada, the ""first""",2,0,1,1,14,6,20,3,,100\r\n',
    );
  });

  it('has the line of names alone where there are no rows', () => {
    expect(toCsv({ groupBy: ['model'], data: [] })).toMatch(/^model,requests,[^\n]*\r\n$/);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1', '|calc', '%0A', '\uFF1D1+1', '\u00A0=1', '\n@x'])(
    'never begins a cell with what a program takes for a formula: %j',
    (text) => {
      expect(csvCell(text)).toBe(`"'${text}"`);
    },
  );

  it.each(['ada', 'gpt-oss:20b', 'a=b', '192.168.0.1', '::1', '2026-01-20'])('leaves %s as it is', (text) => {
    expect(csvCell(text)).toBe(`"${text}"`);
  });
});
