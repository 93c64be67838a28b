import type { ModelDemand, ModelKey } from './scheduler.types.js';

/** Weight of the newest load in the mean. */
const NEWEST = 0.3;
/** A load that was never measured: so long, and so long for each GiB. */
const GUESS_MS = 500;
const GUESS_MS_PER_GIB = 1000;
/** Models remembered; far more than a catalog has. */
const MOST_MODELS = 1000;

/** How long models take to load: a running mean of what was measured, or a guess from their size. */
export class LoadTimes {
  private readonly measured = new Map<ModelKey, number>();

  /** A load took so many ms. */
  learn(key: ModelKey, ms: number): void {
    const mean = this.measured.get(key);
    this.measured.delete(key);
    this.measured.set(key, mean === undefined ? ms : mean + NEWEST * (ms - mean));
    const [oldest] = this.measured.keys();
    if (this.measured.size > MOST_MODELS && oldest !== undefined) this.measured.delete(oldest);
  }

  /** How many ms it will probably take. */
  expectedMs(demand: ModelDemand): number {
    return this.measured.get(demand.key) ?? GUESS_MS + (demand.needBytes / 2 ** 30) * GUESS_MS_PER_GIB;
  }

  /** A copy of what was measured. */
  report(): Record<ModelKey, number> {
    return Object.fromEntries(this.measured);
  }
}
