import { UNREAD_EVENTS, type WorkEvent } from './embedded.messages.js';

/** Sends the events of one work, and makes the work wait while too many of them are unread. */
export class WorkOutbox {
  private unread = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly send: (event: WorkEvent) => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener(
      'abort',
      () => {
        this.wake();
      },
      { once: true },
    );
  }

  /** Sends an event; settles when the next one may come, or when the work is cancelled. */
  async write(event: WorkEvent): Promise<void> {
    if (this.signal.aborted) return;
    this.send(event);
    this.unread++;
    while (this.unread >= UNREAD_EVENTS && !this.isCancelled()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** The reader has taken so many events. */
  read(count: number): void {
    this.unread -= count;
    this.wake();
  }

  private isCancelled(): boolean {
    return this.signal.aborted;
  }
}
