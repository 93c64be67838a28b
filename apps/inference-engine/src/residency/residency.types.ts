import type { ContextBound } from '@local-llm-agent/contracts';
import type { MemoryPool, ModelKey } from '../scheduler/scheduler.types.js';

/** Counts loads and unloads that ended, and compares what models take with what was computed. */
export interface ResidencyMeter {
  loaded(model: string, outcome: 'loaded' | 'failed', seconds: number): void;
  unloaded(model: string): void;
  /** Figures of a model that is loaded, in bytes. */
  needed(key: ModelKey, figures: { readonly predicted: number; readonly measured: number }): void;
  /** A model takes more than it was given room for. */
  grew(key: ModelKey): void;
}

/** A pool that has less left than it must have. */
export interface Shortage {
  readonly pool: MemoryPool;
  readonly shortBytes: number;
}

/** The most context that a model could have, and what keeps it from being more. */
export interface ContextLimit {
  readonly tokens: number;
  readonly bound: ContextBound;
}
