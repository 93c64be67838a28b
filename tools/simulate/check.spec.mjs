import { describe, expect, it } from '@jest/globals';
import { checkTargets } from './check.mjs';

describe("the engine's scheduler in simulated time", () => {
  it('reaches its targets, and is nowhere worse than first in, first out', () => {
    const { lines } = checkTargets({ seed: '1', serveMs: 1000 });
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
  });
});
