import { describe, expect, it } from '@jest/globals';
import { addTotals, closingLine, countTotals } from './jest-run.mjs';

const REPORT = {
  numPassedTests: 5,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
};

describe('countTotals', () => {
  it.each([
    ['a clean run', REPORT, 0, { passed: 5, failed: 0, skipped: 0 }],
    [
      'failed and skipped tests',
      { ...REPORT, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 },
      1,
      { passed: 5, failed: 2, skipped: 2 },
    ],
    [
      'a suite that could not run',
      { ...REPORT, numRuntimeErrorTestSuites: 1 },
      1,
      { passed: 5, failed: 1, skipped: 0 },
    ],
    ['a failure that no test shows', REPORT, 1, { passed: 5, failed: 1, skipped: 0 }],
    ['a run without a report', undefined, 0, { passed: 0, failed: 1, skipped: 0 }],
  ])('counts %s', (_name, report, exitCode, totals) => {
    expect(countTotals(report, exitCode)).toEqual(totals);
  });
});

describe('closingLine', () => {
  it('names skipped tests only when there are any', () => {
    const totals = { passed: 3, failed: 1, skipped: 0 };
    expect(closingLine(totals)).toBe('3 passed, 1 failed');
    expect(closingLine(addTotals(totals, { passed: 1, failed: 0, skipped: 2 }))).toBe('4 passed, 1 failed, 2 skipped');
  });
});
