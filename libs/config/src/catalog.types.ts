import type { Tier } from '@local-llm-agent/contracts';

/** Sampling values used where a request sets none. */
export interface ModelDefaults {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
}

/** One model of the catalog. */
export interface CatalogModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly tier: Tier;
  readonly description: string;
  /** Tokens of context to serve, per slot; capped by the model's own. */
  readonly contextLength: number | undefined;
  /** Bytes the loaded model needs; computed from its metadata when absent. */
  readonly memory: number | undefined;
  /** Requests that run at the same time. */
  readonly parallel: number | undefined;
  readonly defaults: ModelDefaults;
  /** Id or kind of the runtime that serves it; undefined: whichever has it. */
  readonly runtime: string | undefined;
  /** Whether it is loaded at start. */
  readonly preload: boolean;
  /** Whether it stays in memory once it is there. */
  readonly pinned: boolean;
  /** Seconds without a request after which it leaves memory; undefined: when the memory is needed. */
  readonly ttlSeconds: number | undefined;
  /** Models that answer instead, in order, when this one is not installed. Visible to the client. */
  readonly fallbacks: readonly string[];
}

/** A service class: limits, queue and times. */
export interface TierConfig {
  /** 0 is no limit. */
  readonly requestsPerMinute: number;
  /** 0 is no limit. */
  readonly tokensPerMinute: number;
  /** Requests that may wait. */
  readonly queueLength: number;
  /** Seconds after which a request that waits for another model makes the models change, see the scheduler. */
  readonly maxWaitSeconds: number;
  /** Seconds for a whole answer, the waiting included. */
  readonly timeoutSeconds: number;
  /** Model behind the virtual name of the tier. */
  readonly defaultModel: string | undefined;
  /** Longest prompt, in estimated tokens, that `auto` sends to this tier. */
  readonly autoPromptTokens: number;
}

/** The whole catalog, with every default filled in. */
export interface Catalog {
  readonly tiers: Readonly<Record<Tier, TierConfig>>;
  readonly models: readonly CatalogModel[];
  /** What applies to models that are installed and not in the catalog. */
  readonly uncatalogued: { readonly tier: Tier; readonly contextLength: number; readonly parallel: number };
}
