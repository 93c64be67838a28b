/** Callers remembered in one queue; after so many a new round begins. */
const MOST_CALLERS = 1000;

/**
 * Start-time fair queueing of callers. Each request costs its caller one unit of virtual time; who has the earliest
 * start is next. A caller who was away starts at the present, so absence earns no credit and costs nothing.
 */
export class CallerTurns {
  private present = 0;
  /** Caller -> virtual time at which its next request may start; only those later than the present. */
  private readonly nextStart = new Map<string, number>();

  /** Virtual time at which the caller's next request would start. */
  startOf(caller: string): number {
    return this.nextStart.get(caller) ?? this.present;
  }

  /** The caller's request was served, who had the earliest start of all that wait. */
  served(caller: string): void {
    const start = this.startOf(caller);
    this.nextStart.set(caller, start + 1);
    this.moveTo(start);
    if (this.nextStart.size > MOST_CALLERS) this.moveTo(Math.min(...this.nextStart.values()));
  }

  private moveTo(time: number): void {
    if (time <= this.present) return;
    this.present = time;
    for (const [caller, start] of this.nextStart) if (start <= time) this.nextStart.delete(caller);
  }
}
