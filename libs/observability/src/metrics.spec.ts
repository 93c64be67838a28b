import { describe, expect, it } from '@jest/globals';
import { Counter, DURATION_BUCKETS, TOKEN_BUCKETS, createRegistry } from './metrics.js';

describe('a registry of metrics', () => {
  it('has the process metrics and names the service on every line', async () => {
    const registry = createRegistry('test');
    new Counter({ name: 'own_total', help: 'Own', registers: [registry] }).inc();
    const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.includes('service="test"'))).toEqual([]);
    expect(lines).toContain('own_total{service="test"} 1');
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total'))).toBe(true);
  });

  it('is apart from every other', async () => {
    const one = createRegistry('one');
    new Counter({ name: 'own_total', help: 'Own', registers: [one] });
    expect(await createRegistry('two').metrics()).not.toContain('own_total');
  });

  it.each([
    ['requests', DURATION_BUCKETS],
    ['tokens', TOKEN_BUCKETS],
  ])('has rising buckets for %s', (_, buckets) => {
    expect([...buckets].sort((left, right) => left - right)).toEqual(buckets);
    expect(new Set(buckets).size).toBe(buckets.length);
  });
});
