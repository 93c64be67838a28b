import type { WorkEvent } from './embedded.messages.js';

/** Everything that arrived since the last look; `last` when nothing follows. */
interface Batch {
  readonly events: readonly WorkEvent[];
  readonly last: boolean;
}

/**
 * Events of one work between the model process and their reader. It cannot grow without bound, because the process
 * pauses after a number of unread events.
 */
export class WorkInbox {
  /** Settles when the model process has ended the work, so that its slot is free. */
  readonly settled: Promise<void>;
  private events: WorkEvent[] = [];
  private done = false;
  private failure: { readonly error: unknown } | undefined;
  private wake: () => void = () => undefined;
  private settle: () => void = () => undefined;

  constructor() {
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** Whether the model process still works on it. */
  get open(): boolean {
    return !this.done;
  }

  /** Adds an event; the last one ends the work. */
  push(event: WorkEvent, last: boolean): void {
    this.events.push(event);
    if (last) this.end();
    this.wake();
  }

  /** The model process has ended the work; an error, if given, goes to the reader. */
  end(error?: unknown): void {
    this.done = true;
    if (error !== undefined) this.fail(error);
    this.settle();
    this.wake();
  }

  /** The reader's next look throws this. The model process may still be working. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake();
  }

  /** Waits for the next events. Events that came before a failure are dropped: the failure is what matters. */
  async next(): Promise<Batch> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure.error;
      if (this.events.length > 0 || this.done) {
        const { events } = this;
        this.events = [];
        return { events, last: this.done };
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
