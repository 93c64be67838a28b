/** Milliseconds that an amount counts against a limit. */
export const WINDOW_MS = 60_000;
/** What comes within this time of a clock's grid is one entry: it bounds how many there are, to 121 of a minute. */
export const SLOT_MS = 500;

interface Entry {
  /** When the last part of it came. */
  at: number;
  amount: number;
}

/**
 * What was used in the last minute, at any moment: never more than a limit passes in any 60 seconds, unlike with
 * minutes that begin anew. An amount leaves 60 seconds after it came, or up to half a second later where others came
 * with it. Times are milliseconds of any one clock. The script of Redis (`redis-limits.script.ts`) reckons the same.
 */
export class SlidingWindow {
  private readonly entries: Entry[] = [];
  private total = 0;

  /** What counts at this moment. */
  used(now: number): number {
    let first = this.entries[0];
    while (first !== undefined && first.at + WINDOW_MS <= now) {
      this.total -= first.amount;
      this.entries.shift();
      first = this.entries[0];
    }
    return this.total;
  }

  /** Milliseconds until this amount fits under the limit, which must be as large; 0 when it does now. */
  waitFor(amount: number, limit: number, now: number): number {
    let over = this.used(now) + amount - limit;
    if (over <= 0) return 0;
    for (const entry of this.entries) {
      over -= entry.amount;
      if (over <= 0) return entry.at + WINDOW_MS - now;
    }
    return WINDOW_MS;
  }

  /** Milliseconds until nothing counts any more. */
  emptyIn(now: number): number {
    this.used(now);
    const last = this.entries.at(-1);
    return last === undefined ? 0 : last.at + WINDOW_MS - now;
  }

  /** Counts an amount. Returns the time under which it may be given back. */
  add(amount: number, now: number): number {
    this.used(now);
    const last = this.entries.at(-1);
    // A clock that was set back must not bring the entries out of order.
    const at = Math.max(now, last?.at ?? now);
    if (amount === 0) return at;
    this.total += amount;
    if (last !== undefined && slotOf(last.at) === slotOf(at)) {
      last.at = at;
      last.amount += amount;
    } else {
      this.entries.push({ at, amount });
    }
    return at;
  }

  /** Takes back what was counted at this time; nothing when that has left the window already. */
  giveBack(amount: number, at: number): void {
    const entry = this.entries.findLast((candidate) => slotOf(candidate.at) === slotOf(at));
    if (entry === undefined) return;
    const back = Math.min(amount, entry.amount);
    entry.amount -= back;
    this.total -= back;
  }
}

function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS);
}
