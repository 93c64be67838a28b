import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallerTurns } from './caller-turns.state.js';

/** Serves callers who all have work, and gives the order. */
function serve(turns: CallerTurns, callers: readonly string[], times: number): string[] {
  return Array.from({ length: times }, () => {
    const next = callers.reduce((best, one) => (turns.startOf(one) < turns.startOf(best) ? one : best));
    turns.served(next);
    return next;
  });
}

describe('CallerTurns', () => {
  it('takes callers in turn', () => {
    expect(serve(new CallerTurns(), ['a', 'b', 'c'], 7).join('')).toBe('abcabca');
  });

  it('gives a caller who was away no credit for it', () => {
    const turns = new CallerTurns();
    serve(turns, ['a'], 100);
    expect(serve(turns, ['a', 'b'], 6).join('')).toMatch(/^(ab|ba)+$/);
  });

  it('gives callers who wait all the time the same, whoever comes and goes', () => {
    const busy = fc.array(fc.constantFrom('c', 'd', 'e'), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(busy, { maxLength: 60, size: 'max' }), (rounds) => {
        const turns = new CallerTurns();
        const count: Record<string, number> = { a: 0, b: 0 };
        for (const others of rounds) {
          const [next = ''] = serve(turns, ['a', 'b', ...others], 1);
          count[next] = (count[next] ?? 0) + 1;
          expect(Math.abs((count['a'] ?? 0) - (count['b'] ?? 0))).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('does not let an endless row of new callers keep one from its turn', () => {
    const turns = new CallerTurns();
    turns.served('regular');
    let others = 0;
    while (others < 5000 && serve(turns, ['regular', `new-${others}`], 1)[0] !== 'regular') others += 1;
    expect(others).toBeLessThanOrEqual(1001);
  });
});
