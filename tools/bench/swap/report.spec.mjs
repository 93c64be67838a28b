import { describe, expect, it } from '@jest/globals';
import { reportTable } from './report.mjs';
import { makeTrace } from './trace.mjs';

describe('makeTrace', () => {
  const options = { models: ['a', 'b', 'c'], requests: 96, tokens: 24 };
  const order = (seed) => makeTrace({ ...options, seed }).map(({ model }) => model);

  it('asks each model equally often, in an order that the seed decides', () => {
    expect(order('1')).toEqual(order('1'));
    expect(order('1')).not.toEqual(order('2'));
    expect(order('1').toSorted()).toEqual(['a', 'b', 'c'].flatMap((model) => Array(32).fill(model)));
  });
});

describe('reportTable', () => {
  const run = (seconds, loads) => ({ seconds, loads, p50: 1, p99: 2, tokens: 100 });

  it('shows medians, and the median of the ratios within the rounds beside the targets', () => {
    const theirs = [run(10, 60), run(20, 60), run(30, 60)];
    const ours = [run(8, 20), run(10, 20), run(30, 20)];
    const table = reportTable(new Map([[8, [theirs, ours]]]), ['alone', 'through']);
    expect(table).toContain('| clients | figure | alone | through | ratio | target |');
    expect(table).toContain('| 8 | total s | 20.0 | 10.0 | 0.80 | <= 0.70: missed |');
    expect(table).toContain('| 8 | loads | 60 | 20 | 0.33 | <= 0.33: met |');
    expect(table).toContain('| 8 | p99 s | 2.00 | 2.00 | 1.00 |  |');
  });
});
