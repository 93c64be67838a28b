import type { UsageDayTable, UsageMonthTable } from '../store/schema.types.js';
import { NO_SUMS, dayOf, type UsageRecord } from './usage.types.js';

/** What of a request found no room: its place in the list, or that in the sums as well. */
export type LeftOut = 'nothing' | 'request' | 'all';

/** Requests, or sums, of one batch: so many are written in about three milliseconds. */
const FULL = 200;

/** What is written together. */
export class UsageBatch {
  readonly requests: UsageRecord[] = [];
  private readonly sums = new Map<string, UsageDayTable>();
  private readonly spent = new Map<string, UsageMonthTable>();

  get isEmpty(): boolean {
    return this.sums.size === 0 && this.spent.size === 0;
  }

  /** Whether further requests should go into another batch. */
  get isFull(): boolean {
    return this.requests.length >= FULL || this.sums.size >= FULL;
  }

  /** Sums by day, in the order of their keys. */
  get days(): readonly Readonly<UsageDayTable>[] {
    return sorted(this.sums);
  }

  /** Tokens by month and key, in the order of these. */
  get months(): readonly Readonly<UsageMonthTable>[] {
    return sorted(this.spent);
  }

  /**
   * Takes a request into the sums, and as one of its own while there is room for it.
   * @param room whether there is any for one more request, and for one more sum; what does not fit is left out
   * @returns what was left out
   */
  add(record: UsageRecord, room: { readonly request: boolean; readonly sum: boolean }): LeftOut {
    const day = dayOf(record.endedAt);
    const { caller, model = '', tier = '', endpoint } = record;
    const key = `${day}\n${caller}\n${model}\n${tier}\n${endpoint}`;
    let sum = this.sums.get(key);
    if (!sum) {
      if (!room.sum) return 'all';
      sum = { day, caller, model, tier, endpoint, ...NO_SUMS };
      this.sums.set(key, sum);
    }
    count(sum, record);
    if (!room.request) return 'request';
    this.requests.push(record);
    return 'nothing';
  }

  /** Number of sums by day. */
  get size(): number {
    return this.sums.size;
  }

  /** Adds to the tokens of a month. */
  spend(month: string, caller: string, tokens: number): void {
    const key = `${month}\n${caller}`;
    const spent = this.spent.get(key);
    if (spent) spent.tokens += tokens;
    else this.spent.set(key, { month, caller, tokens });
  }

  /** The tokens of a month that wait to be written. */
  spentIn(month: string, caller: string): number {
    return this.spent.get(`${month}\n${caller}`)?.tokens ?? 0;
  }
}

function count(sum: UsageDayTable, record: UsageRecord): void {
  sum.requests += 1;
  if (record.outcome === 'client_left') sum.client_left += 1;
  else if (record.outcome !== 'ok') sum.failed += 1;
  if (record.cached) sum.cached += 1;
  sum.prompt_tokens += record.promptTokens;
  sum.completion_tokens += record.completionTokens;
  sum.duration_ms += record.durationMs;
  if (record.queueMs !== undefined) {
    sum.queued += 1;
    sum.queue_ms += record.queueMs;
  }
  if (record.firstTokenMs !== undefined) {
    sum.first_tokens += 1;
    sum.first_token_ms += record.firstTokenMs;
  }
}

/** One order for all writers: in another one, two could wait for each other in the database. */
function sorted<T>(entries: ReadonlyMap<string, T>): readonly T[] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
}
