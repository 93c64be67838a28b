import type { TimePercentiles } from '@local-llm-agent/contracts';

/** Bins for each doubling: two neighbours are 19 % apart. */
const BINS_PER_DOUBLING = 4;
/** The last bin begins at 9 minutes; what took longer is in it. */
const BINS = 77;

function binOf(ms: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor(Math.log2(ms + 1) * BINS_PER_DOUBLING)));
}

/** The middle of a bin, ms: nothing in it is further away than a tenth. */
function middleOf(bin: number): number {
  return Math.round(2 ** ((bin + 0.5) / BINS_PER_DOUBLING) - 1);
}

/** How many requests took how long, in bins that grow: a fixed amount of memory, whatever comes. */
export class TimeHistogram {
  private readonly bins = new Uint32Array(BINS);
  private count = 0;

  /** Notes a time, ms. */
  add(ms: number): void {
    const bin = binOf(ms);
    this.bins[bin] = (this.bins[bin] ?? 0) + 1;
    this.count += 1;
  }

  /** Takes in what another one has noted. */
  merge(other: TimeHistogram): void {
    if (other.count === 0) return;
    const { bins } = this;
    for (let bin = 0; bin < BINS; bin += 1) bins[bin] = (bins[bin] ?? 0) + (other.bins[bin] ?? 0);
    this.count += other.count;
  }

  /** Forgets everything. */
  clear(): void {
    if (this.count > 0) this.bins.fill(0);
    this.count = 0;
  }

  /** What was noted, for operators. */
  report(): TimePercentiles {
    return { count: this.count, p50: this.percentile(0.5), p95: this.percentile(0.95) };
  }

  private percentile(share: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.ceil(this.count * share);
    let bin = 0;
    for (let seen = this.bins[0] ?? 0; seen < rank && bin < BINS - 1; seen += this.bins[bin] ?? 0) bin += 1;
    return middleOf(bin);
  }
}
