const MINUTE_MS = 60_000;

/** That a key was used. */
export interface KeyUse {
  readonly id: string;
  /** The beginning of the minute, Unix milliseconds. */
  readonly minute: number;
}

/** Which keys were used in which minute, and what of it has to be written. It is as large as there are keys in use. */
export class KeyUsesState {
  private minute = Number.NEGATIVE_INFINITY;
  /** Keys that are known to be used in this minute. */
  private readonly seen = new Set<string>();
  private readonly waiting = new Map<string, number>();

  /** Whether nothing has to be written. */
  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Notes a use at this moment, Unix milliseconds. True where it has to be written: the first one in its minute. */
  note(id: string, now: number): boolean {
    const minute = now - (now % MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.seen.clear();
    }
    if (this.seen.has(id)) return false;
    this.seen.add(id);
    this.putBack([{ id, minute }]);
    return true;
  }

  /** Takes out what has to be written, at most so many. */
  take(most: number): readonly KeyUse[] {
    const taken = [...this.waiting].slice(0, most).map(([id, minute]) => ({ id, minute }));
    for (const { id } of taken) this.waiting.delete(id);
    return taken;
  }

  /** Puts what could not be written back; a later use of the same key stays. */
  putBack(uses: readonly KeyUse[]): void {
    for (const { id, minute } of uses) this.waiting.set(id, Math.max(minute, this.waiting.get(id) ?? minute));
  }
}
