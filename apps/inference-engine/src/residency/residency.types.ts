import type { ModelKey } from '../scheduler/scheduler.types.js';

/** Counts loads and unloads that ended, and compares what models take with what was computed. */
export interface ResidencyMeter {
  loaded(model: string, outcome: 'loaded' | 'failed', seconds: number): void;
  unloaded(model: string): void;
  /** Figures of a model that is loaded, in bytes. */
  needed(key: ModelKey, figures: { readonly predicted: number; readonly measured: number }): void;
  /** A model takes more than it was given room for. */
  grew(key: ModelKey): void;
}
