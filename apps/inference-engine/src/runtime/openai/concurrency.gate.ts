/** Lets so many in at a time; the others wait in the order in which they came. */
export class ConcurrencyGate {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  /** @param most how many may be inside */
  constructor(private readonly most: number) {}

  /** Settles when there is room, with what gives the place back; rejects with the reason of the signal. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.inside < this.most) this.inside += 1;
    else await this.turn(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave();
    };
  }

  /** A place that is given back goes to the one that waits longest, without becoming free in between. */
  private leave(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.inside -= 1;
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.waiting.delete(enter);
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.waiting.delete(enter);
        reject(signal.reason as Error);
      };
      this.waiting.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
