import {
  ACTIVITY_SECONDS,
  ERROR_CODES,
  type ActivityBucket,
  type ActivitySums,
  type ActivityTerms,
} from '@local-llm-agent/contracts';
import type { UsageRecord } from '../usage/usage.types.js';
import { TimeHistogram } from './time-histogram.state.js';

/** A request that is over, as far as it is counted. */
export type EndedRequest = Pick<
  UsageRecord,
  'endedAt' | 'outcome' | 'promptTokens' | 'completionTokens' | 'firstTokenMs' | 'queueMs'
>;

const CLASSES = ['ok', 'refused', 'limited', 'failed', 'clientLeft'] as const;
type OutcomeClass = (typeof CLASSES)[number];

const TICK_SECONDS = 5;
const TICK_MS = TICK_SECONDS * 1000;
/** One more than are told of: the window begins in the middle of one. */
const TICKS = ACTIVITY_SECONDS / TICK_SECONDS + 1;

/** How a request ended, in the few classes that are counted. */
export function classOf(outcome: EndedRequest['outcome']): OutcomeClass {
  if (outcome === 'ok') return 'ok';
  if (outcome === 'client_left') return 'clientLeft';
  const { status } = ERROR_CODES[outcome];
  if (status === 429) return 'limited';
  return status < 500 ? 'refused' : 'failed';
}

/** Counters of a stretch of time. */
class Tally {
  /** Number of the tick that it counts. */
  tick = -1;
  private readonly outcomes = { ok: 0, refused: 0, limited: 0, failed: 0, clientLeft: 0 };
  private promptTokens = 0;
  private completionTokens = 0;
  private readonly firstToken = new TimeHistogram();
  private readonly queue = new TimeHistogram();

  add({ outcome, promptTokens, completionTokens, firstTokenMs, queueMs }: EndedRequest): void {
    this.outcomes[classOf(outcome)] += 1;
    this.promptTokens += promptTokens;
    this.completionTokens += completionTokens;
    if (firstTokenMs !== undefined) this.firstToken.add(firstTokenMs);
    if (queueMs !== undefined) this.queue.add(queueMs);
  }

  merge(other: Tally): void {
    for (const name of CLASSES) this.outcomes[name] += other.outcomes[name];
    this.promptTokens += other.promptTokens;
    this.completionTokens += other.completionTokens;
    this.firstToken.merge(other.firstToken);
    this.queue.merge(other.queue);
  }

  /** Begins to count another tick. */
  begin(tick: number): void {
    this.tick = tick;
    Object.assign(this.outcomes, { ok: 0, refused: 0, limited: 0, failed: 0, clientLeft: 0 });
    this.promptTokens = 0;
    this.completionTokens = 0;
    this.firstToken.clear();
    this.queue.clear();
  }

  sums(): Pick<ActivitySums, keyof ActivitySums> {
    const { outcomes, promptTokens, completionTokens } = this;
    return {
      requests: Object.values(outcomes).reduce((sum, count) => sum + count),
      ...outcomes,
      promptTokens,
      completionTokens,
      firstTokenMs: this.firstToken.report(),
      queueMs: this.queue.report(),
    };
  }
}

/**
 * The requests of the last half hour in ticks of five seconds, on a ring: a fixed amount of memory (about 270 kB),
 * and a few additions for each request.
 */
export class ActivityWindow {
  private readonly ring = Array.from({ length: TICKS }, () => new Tally());

  /** Counts a request in the tick in which it ended. */
  add(request: EndedRequest): void {
    const tick = Math.floor(request.endedAt / TICK_MS);
    const tally = this.at(tick);
    if (tally.tick !== tick) tally.begin(tick);
    tally.add(request);
  }

  /**
   * The window that ends with this moment (Unix ms), in steps that begin at whole multiples of their length; with
   * `since` only the steps that ended after it.
   */
  read({ seconds, step, since }: ActivityTerms, now: number): { totals: ActivitySums; buckets: ActivityBucket[] } {
    const stepMs = step * 1000;
    const last = Math.floor(now / stepMs);
    const totals = new Tally();
    const buckets: ActivityBucket[] = [];
    for (let number = last - seconds / step + 1; number <= last; number += 1) {
      const from = number * stepMs;
      const tally = this.merged(from / TICK_MS, step / TICK_SECONDS);
      totals.merge(tally);
      if (since === undefined || from + stepMs > since)
        buckets.push({ from: new Date(from).toISOString(), ...tally.sums() });
    }
    return { totals: totals.sums(), buckets };
  }

  private merged(first: number, count: number): Tally {
    if (count === 1 && this.at(first).tick === first) return this.at(first);
    const merged = new Tally();
    for (let tick = first; tick < first + count; tick += 1) {
      const tally = this.at(tick);
      if (tally.tick === tick) merged.merge(tally);
    }
    return merged;
  }

  private at(tick: number): Tally {
    const tally = this.ring[tick % TICKS];
    if (!tally) throw new RangeError(`there is no tick ${tick}`);
    return tally;
  }
}
