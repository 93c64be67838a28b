import {
  Counter,
  DURATION_BUCKETS,
  Gauge,
  Histogram,
  createRegistry,
  type Registry,
} from '@local-llm-agent/observability';
import type { Tier } from '@local-llm-agent/contracts';

/** What the metrics read when they are asked, rather than being told. */
export interface EngineGauges {
  /** Requests that wait, by tier. */
  queueLengths(): Readonly<Record<Tier, number>>;
  /** Models in memory: key -> bytes needed and slots in use. */
  residents(): readonly { readonly key: string; readonly bytes: number; readonly busy: number }[];
  availableBytes(): number;
  running(): number;
  /** Runtime -> state of its circuit breaker. */
  breakers(): Readonly<Record<string, 'closed' | 'half_open' | 'open'>>;
}

const BREAKER_VALUES = { closed: 0, half_open: 1, open: 2 } as const;

/** Metrics of the engine. Labels are model names of the runtimes and tiers only, never text of a client. */
export class EngineMetrics {
  readonly registry: Registry = createRegistry('inference-engine');
  private readonly queueWait = new Histogram({
    name: 'llm_queue_wait_seconds',
    help: 'Time from arrival until a slot of the model is free, loading included',
    labelNames: ['model', 'tier'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly loads = new Histogram({
    name: 'llm_model_load_seconds',
    help: 'Time to bring a model into memory',
    labelNames: ['model', 'outcome'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly unloads = new Counter({
    name: 'llm_model_unloads_total',
    help: 'Models taken out of memory',
    labelNames: ['model'],
    registers: [this.registry],
  });

  private readonly predictedBytes = new Gauge({
    name: 'llm_model_memory_predicted_bytes',
    help: 'Memory that was computed for the last load of the model, from what it is made of',
    labelNames: ['model'],
    registers: [this.registry],
  });
  private readonly measuredBytes = new Gauge({
    name: 'llm_model_memory_measured_bytes',
    help: 'Memory that the model really took',
    labelNames: ['model'],
    registers: [this.registry],
  });
  private readonly grown = new Counter({
    name: 'llm_model_memory_grown_total',
    help: 'Loads of which the model came to take clearly more memory than it was given room for',
    labelNames: ['model'],
    registers: [this.registry],
  });

  private readonly moreTries = new Counter({
    name: 'llm_requests_tried_again_total',
    help: 'Attempts that failed before their first token and were made again: elsewhere, or at the same runtime',
    labelNames: ['runtime', 'remedy'],
    registers: [this.registry],
  });

  /** Notes that a request is tried again after an attempt on this runtime failed. */
  triedAgain(runtime: string, remedy: string): void {
    this.moreTries.inc({ runtime, remedy });
  }

  /** Notes how long a request waited for its slot. */
  waited(model: string, tier: Tier, ms: number): void {
    this.queueWait.observe({ model, tier }, ms / 1000);
  }

  /** Notes a load that ended. */
  loaded(model: string, outcome: 'loaded' | 'failed', seconds: number): void {
    this.loads.observe({ model, outcome }, seconds);
  }

  /** Notes an unload. */
  unloaded(model: string): void {
    this.unloads.inc({ model });
  }

  /** Notes what was computed for a model that is loaded, and what it takes. */
  needed(model: string, { predicted, measured }: { readonly predicted: number; readonly measured: number }): void {
    this.predictedBytes.set({ model }, predicted);
    this.measuredBytes.set({ model }, measured);
  }

  /** Notes that a model takes more than it was given room for. */
  grew(model: string): void {
    this.grown.inc({ model });
  }

  /** Adds the gauges; they are read at each scrape. */
  observe(gauges: EngineGauges): void {
    const registers = [this.registry];
    new Gauge({
      name: 'llm_queue_length',
      help: 'Requests that wait for a slot',
      labelNames: ['tier'],
      registers,
      collect() {
        for (const [tier, length] of Object.entries(gauges.queueLengths())) this.set({ tier }, length);
      },
    });
    new Gauge({
      name: 'llm_resident_model_bytes',
      help: 'Memory of each model that is loaded',
      labelNames: ['model'],
      registers,
      collect() {
        this.reset();
        for (const { key, bytes } of gauges.residents()) this.set({ model: key }, bytes);
      },
    });
    new Gauge({
      name: 'llm_slots_in_use',
      help: 'Requests that run, by model',
      labelNames: ['model'],
      registers,
      collect() {
        this.reset();
        for (const { key, busy } of gauges.residents()) this.set({ model: key }, busy);
      },
    });
    new Gauge({
      name: 'llm_memory_available_bytes',
      help: 'Memory that could be given to models now',
      registers,
      collect() {
        this.set(gauges.availableBytes());
      },
    });
    new Gauge({
      name: 'llm_breaker_state',
      help: 'Whether a runtime answers: 0 requests go there, 1 it is asked again, 2 it is lost',
      labelNames: ['runtime'],
      registers,
      collect() {
        for (const [runtime, state] of Object.entries(gauges.breakers())) this.set({ runtime }, BREAKER_VALUES[state]);
      },
    });
    new Gauge({
      name: 'llm_requests_in_flight',
      help: 'Requests in the engine, waiting or running',
      registers,
      collect() {
        this.set(gauges.running());
      },
    });
  }
}
