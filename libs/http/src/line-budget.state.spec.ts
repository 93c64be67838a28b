import { describe, expect, it, jest } from '@jest/globals';
import { LINES_A_MINUTE, LineBudget } from './line-budget.state.js';

describe('a budget of lines', () => {
  it('lets so many of a minute through, says once that there are more, and begins anew', () => {
    const exceeded = jest.fn();
    const budget = new LineBudget(exceeded);
    const written = (from: number, lines: number): number =>
      Array.from({ length: lines }, () => budget.take(from)).filter(Boolean).length;
    expect(written(0, LINES_A_MINUTE)).toBe(LINES_A_MINUTE);
    expect(exceeded).not.toHaveBeenCalled();
    expect([written(30_000, 500), written(59_999, 500)]).toEqual([0, 0]);
    expect(exceeded).toHaveBeenCalledTimes(1);
    expect(written(60_000, 500)).toBe(LINES_A_MINUTE);
    expect(exceeded).toHaveBeenCalledTimes(2);
    expect(written(500_000, 1)).toBe(1);
  });
});
