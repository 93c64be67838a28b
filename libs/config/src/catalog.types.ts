import type { Need, Tier } from '@local-llm-agent/contracts';

/** Sampling values used where a request sets none. */
export interface ModelDefaults {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
}

/** What makes another model of a base model: a LoRA, a system prompt, values of its own, or all of these. */
export interface CatalogAdapter {
  /** Part of the name after the base's and a colon. */
  readonly id: string;
  readonly description: string;
  /** GGUF file of a LoRA. A relative path starts at the folder of the catalog. */
  readonly lora: string | undefined;
  /** What the model is told before the client's own system message. */
  readonly system: string | undefined;
  /** Name of the adapter at an OpenAI-compatible server that serves it as a model. */
  readonly servedAs: string | undefined;
  /** Where a value is absent, that of the base. */
  readonly defaults: ModelDefaults;
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
  readonly adapters: readonly CatalogAdapter[];
}

/** A base model with an adapter over it. It has names of its own (`BASE:ADAPTER`); all else is the base's. */
export interface AdaptedModel extends CatalogModel {
  readonly base: CatalogModel;
  readonly adapter: CatalogAdapter;
}

/** A service class: limits, queue and times. */
export interface TierConfig {
  /** 0 is no limit. */
  readonly requestsPerMinute: number;
  /** 0 is no limit. */
  readonly tokensPerMinute: number;
  /** Requests of one caller at the same time; 0 is no limit. */
  readonly concurrency: number;
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
  /** What `auto` may need to be sent to this tier. */
  readonly autoTakes: readonly Need[];
}

/** The whole catalog, with every default filled in. */
export interface Catalog {
  readonly tiers: Readonly<Record<Tier, TierConfig>>;
  readonly models: readonly CatalogModel[];
  /** What applies to models that are installed and not in the catalog. */
  readonly uncatalogued: { readonly tier: Tier; readonly contextLength: number; readonly parallel: number };
}
