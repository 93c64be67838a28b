import { Counter, Gauge, type Registry } from '@local-llm-agent/observability';

/** Counts what becomes of the records of requests. */
export function watchUsage(registry: Registry): {
  written(requests: number): void;
  dropped(what: 'request' | 'all'): void;
  failed(): void;
} {
  const written = new Counter({
    name: 'llm_usage_written_total',
    help: 'Requests whose usage was written',
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'llm_usage_dropped_total',
    help: 'Requests whose usage found no room while the store was away; kept tells what is left of it',
    labelNames: ['kept'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'llm_usage_store_failures_total',
    help: 'Uses of the store for usage that failed',
    registers: [registry],
  });
  return {
    written: (requests) => {
      written.inc(requests);
    },
    dropped: (what) => {
      dropped.inc({ kept: what === 'request' ? 'sums' : 'nothing' });
    },
    failed: () => {
      failures.inc();
    },
  };
}

/** Adds the gauges of what waits; they are read at each scrape. */
export function observeUsage(registry: Registry, ledger: { readonly up: boolean; readonly waiting: number }): void {
  new Gauge({
    name: 'llm_usage_store_up',
    help: 'Whether the last use of the store for usage succeeded',
    registers: [registry],
    collect() {
      this.set(ledger.up ? 1 : 0);
    },
  });
  new Gauge({
    name: 'llm_usage_waiting',
    help: 'Requests whose usage waits in memory to be written',
    registers: [registry],
    collect() {
      this.set(ledger.waiting);
    },
  });
}
