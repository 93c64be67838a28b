import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SLOT_MS, SlidingWindow, WINDOW_MS } from './sliding-window.state.js';

describe('a window that slides', () => {
  it('counts what came in the last minute', () => {
    const window = new SlidingWindow();
    window.add(3, 0);
    window.add(4, 30_000);
    expect([
      window.used(0),
      window.used(59_999),
      window.used(60_000),
      window.used(89_999),
      window.used(90_000),
    ]).toEqual([7, 7, 4, 4, 0]);
  });

  it('tells when there is room again, and when it is empty', () => {
    const window = new SlidingWindow();
    window.add(6, 0);
    window.add(4, 10_000);
    expect([window.waitFor(1, 11, 20_000), window.waitFor(1, 10, 20_000), window.waitFor(7, 10, 20_000)]).toEqual([
      0, 40_000, 50_000,
    ]);
    expect([window.emptyIn(20_000), window.emptyIn(70_000)]).toEqual([50_000, 0]);
  });

  it('takes back what was not used, unless that has left already', () => {
    const window = new SlidingWindow();
    const at = window.add(10, 0);
    window.add(5, 1000);
    window.giveBack(4, at);
    expect(window.used(1000)).toBe(11);
    window.giveBack(100, at);
    expect(window.used(1000)).toBe(5);
    window.used(60_000);
    window.giveBack(5, at);
    expect(window.used(60_000)).toBe(5);
  });

  it('keeps its order when the clock is set back', () => {
    const window = new SlidingWindow();
    window.add(1, 10_000);
    expect(window.add(1, 5000)).toBe(10_000);
    expect([window.used(69_999), window.used(70_000)]).toEqual([2, 0]);
  });

  it('holds no more than two entries a second, however much comes', () => {
    const window = new SlidingWindow();
    for (let now = 0; now < 3 * WINDOW_MS; now += 7) window.add(1, now);
    const { entries } = window as unknown as { entries: unknown[] };
    expect(entries.length).toBeLessThanOrEqual(WINDOW_MS / SLOT_MS + 1);
  });

  it('never lets more than the limit through in any minute, and wastes at most half a second', () => {
    const requests = fc.array(fc.record({ pause: fc.nat(20_000), amount: fc.integer({ min: 1, max: 10 }) }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(requests, fc.integer({ min: 10, max: 40 }), (asked, limit) => {
        const window = new SlidingWindow();
        const granted: { at: number; amount: number }[] = [];
        const inLast = (now: number, span: number): number =>
          granted.reduce((sum, { at, amount }) => (at + span > now ? sum + amount : sum), 0);
        let now = 0;
        for (const { pause, amount } of asked) {
          now += pause;
          const waitMs = window.waitFor(amount, limit, now);
          if (waitMs === 0) {
            window.add(amount, now);
            granted.push({ at: now, amount });
            expect(inLast(now, WINDOW_MS)).toBeLessThanOrEqual(limit);
          } else {
            expect(waitMs).toBeLessThanOrEqual(WINDOW_MS);
            expect(inLast(now, WINDOW_MS + SLOT_MS) + amount).toBeGreaterThan(limit);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
