import {
  Counter,
  DURATION_BUCKETS,
  Gauge,
  Histogram,
  TOKEN_BUCKETS,
  createRegistry,
  type Registry,
} from '@local-llm-agent/observability';
import type { Tier } from '@local-llm-agent/contracts';
import type { ConnectionRefusal, RequestContext } from '@local-llm-agent/http';

import { observeUsage, watchUsage } from './usage.metrics.js';

const NO_MODEL = 'none';

/**
 * Metrics of the gateway. Names of the OpenTelemetry GenAI conventions where they have one
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/). Model labels come from the engine, never from
 * the text of a client.
 */
export class GatewayMetrics {
  readonly registry: Registry = createRegistry('gateway');
  private readonly duration = new Histogram({
    name: 'gen_ai_server_request_duration_seconds',
    help: 'Time from arrival to the end of the answer',
    labelNames: ['gen_ai_response_model', 'tier', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly firstToken = new Histogram({
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'Time from arrival to the first event of a stream, or to a plain answer',
    labelNames: ['gen_ai_response_model', 'tier'],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly perToken = new Histogram({
    name: 'gen_ai_server_time_per_output_token_seconds',
    help: 'Time for each token after the first',
    labelNames: ['gen_ai_response_model', 'tier'],
    buckets: TOKEN_BUCKETS,
    registers: [this.registry],
  });
  private readonly tokens = new Counter({
    name: 'gen_ai_server_tokens_total',
    help: 'Tokens read and written',
    labelNames: ['gen_ai_response_model', 'tier', 'gen_ai_token_type'],
    registers: [this.registry],
  });
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Answers by status',
    labelNames: ['method', 'status'],
    registers: [this.registry],
  });
  private readonly decisions = new Counter({
    name: 'llm_rate_limit_decisions_total',
    help: 'Requests let in and refused by the limits of tiers and keys; limit is the one that refused',
    labelNames: ['tier', 'decision', 'limit'],
    registers: [this.registry],
  });

  private readonly refusals = new Counter({
    name: 'llm_key_refusals_total',
    help: 'Requests refused because of their key, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  private readonly denials = new Counter({
    name: 'llm_permission_refusals_total',
    help: 'Requests refused because of what they asked for: reason is role, model, tier, host, origin or other',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  private readonly connectionRefusals = new Counter({
    name: 'llm_connections_refused_total',
    help: 'Connections that were not taken; reason is all_taken, or one_address for one that holds its part',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  private readonly storeFailures = new Counter({
    name: 'llm_key_store_failures_total',
    help: 'Looks at the store of keys that failed',
    registers: [this.registry],
  });

  private readonly cacheAnswers = new Counter({
    name: 'llm_response_cache_requests_total',
    help: 'Requests that asked the response cache: answered from it, from a run of another request, or by the engine',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  /** Notes a request that is over. */
  done(context: RequestContext, status: number, seconds: number): void {
    const method = KNOWN_METHODS.has(context.method) ? context.method : 'other';
    this.requests.inc({ method, status });
    const { tier } = context;
    if (tier === undefined) return;
    const model = context.model ?? NO_MODEL;
    this.duration.observe({ gen_ai_response_model: model, tier, status }, seconds);
    if (context.completionTokens === undefined || context.firstByteAt === undefined) return;
    this.countTokens(context, { model, tier }, seconds);
  }

  /** Notes what the rate limits decided, and which limit refused. */
  rateLimit(tier: Tier, decision: 'allowed' | 'refused', limit: string): void {
    this.decisions.inc({ tier, decision, limit });
  }

  /** Adds what tells whether the shared store of the limits answers. To be called where there is one. */
  watchLimitStore(): { up(): void; down(): void } {
    const state = new Gauge({
      name: 'llm_rate_limit_store_up',
      help: '1 while Redis counts the limits, 0 while this gateway counts by itself',
      registers: [this.registry],
    });
    const losses = new Counter({
      name: 'llm_rate_limit_store_losses_total',
      help: 'Times that Redis was lost and this gateway began to count by itself',
      registers: [this.registry],
    });
    return {
      up: () => {
        state.set(1);
      },
      down: () => {
        state.set(0);
        losses.inc();
      },
    };
  }

  /** Adds the gauge of requests that run; it is read at each scrape. */
  observeRunning(running: () => number): void {
    new Gauge({
      name: 'llm_requests_in_flight',
      help: 'Inference requests that run',
      registers: [this.registry],
      collect() {
        this.set(running());
      },
    });
  }

  /** Notes a request that asked the response cache. */
  cacheAsked(outcome: 'hit' | 'shared' | 'miss'): void {
    this.cacheAnswers.inc({ outcome });
  }

  /** Adds the gauge of what the response cache keeps in memory; it is read at each scrape. */
  observeCache(bytes: () => number): void {
    new Gauge({
      name: 'llm_response_cache_bytes',
      help: 'Bytes of answers that the response cache keeps in memory',
      registers: [this.registry],
      collect() {
        this.set(bytes());
      },
    });
  }

  /** Notes a request that was refused because of its key. */
  refused(reason: string): void {
    this.refusals.inc({ reason });
  }

  /** Notes a request that its caller may not do, and why in a word. */
  denied(reason = 'other'): void {
    this.denials.inc({ reason });
  }

  /** Notes a connection that was not taken. */
  connectionRefused(reason: ConnectionRefusal): void {
    this.connectionRefusals.inc({ reason });
  }

  /** Notes that the keys could not be read. */
  keyStoreFailed(): void {
    this.storeFailures.inc();
  }

  /** Adds what tells how the keeping of usage goes. */
  watchUsage(): { written(requests: number): void; dropped(what: 'request' | 'all'): void; failed(): void } {
    return watchUsage(this.registry);
  }

  /** Adds the gauges of the usage that waits to be written; they are read at each scrape. */
  observeUsage(ledger: { readonly up: boolean; readonly waiting: number }): void {
    observeUsage(this.registry, ledger);
  }

  /** Adds the gauges of the keys; they are read at each scrape. */
  observeKeys(keys: { readonly up: boolean; readonly size: number }): void {
    new Gauge({
      name: 'llm_key_store_up',
      help: 'Whether the last look at the store of keys succeeded',
      registers: [this.registry],
      collect() {
        this.set(keys.up ? 1 : 0);
      },
    });
    new Gauge({
      name: 'llm_keys',
      help: 'Keys that are known, those that have ended as well',
      registers: [this.registry],
      collect() {
        this.set(keys.size);
      },
    });
  }

  private countTokens(context: RequestContext, { model, tier }: { model: string; tier: Tier }, seconds: number): void {
    const labels = { gen_ai_response_model: model, tier };
    const completion = context.completionTokens ?? 0;
    const firstAt = context.firstTokenAt ?? context.firstByteAt ?? 0;
    const first = (firstAt - context.startedAt) / 1000;
    this.firstToken.observe(labels, first);
    if (completion > 1) this.perToken.observe(labels, (seconds - first) / (completion - 1));
    this.tokens.inc({ gen_ai_token_type: 'input', ...labels }, context.promptTokens ?? 0);
    this.tokens.inc({ gen_ai_token_type: 'output', ...labels }, completion);
  }
}

const KNOWN_METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
