/** The value below which this part of the sorted values lies (nearest rank). */
function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))];
}

/**
 * The figures of one run. Requests that still wait at its end count with the time they have waited so far, so that a policy
 * cannot look good by never serving somebody.
 * @param {ReturnType<import('./machine.mjs').simulate>} run
 */
export function figuresOf({ now, loads, answered, waiting }) {
  const waits = [
    ...answered.map((request) => request.startedAt - request.arrivedAt),
    ...waiting.map((request) => now - request.arrivedAt),
  ].sort((a, b) => a - b);
  return {
    perMinute: (answered.length / now) * 60_000,
    loadsPer100: (loads / answered.length) * 100,
    p50Ms: quantile(waits, 0.5),
    p99Ms: quantile(waits, 0.99),
    longestMs: waits.at(-1),
  };
}

/** The mean of each figure over several runs of the same scenario. */
export function meanFigures(figures) {
  return Object.fromEntries(
    Object.keys(figures[0]).map((name) => [
      name,
      figures.reduce((sum, figure) => sum + figure[name], 0) / figures.length,
    ]),
  );
}
