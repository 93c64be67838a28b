const MINUTE_MS = 60_000;
/** Most lines of a kind in a minute. */
export const LINES_A_MINUTE = 100;

/** Keeps a kind of lines that anybody can cause from filling the log: so many a minute, and one that says so. */
export class LineBudget {
  private begun = Number.NEGATIVE_INFINITY;
  private count = 0;

  /** @param exceeded called with the first line of a minute that is not to be written */
  constructor(private readonly exceeded: () => void) {}

  /** Whether a line may be written. @param now milliseconds that never go back */
  take(now: number): boolean {
    if (now - this.begun >= MINUTE_MS) {
      this.begun = now;
      this.count = 0;
    }
    this.count += 1;
    if (this.count === LINES_A_MINUTE + 1) this.exceeded();
    return this.count <= LINES_A_MINUTE;
  }
}
