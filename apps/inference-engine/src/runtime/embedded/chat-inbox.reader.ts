import type { AnswerEvent } from '../runtime.contract.js';

/** Everything that arrived since the last look; `last` when nothing follows. */
interface Batch {
  readonly events: readonly AnswerEvent[];
  readonly last: boolean;
}

/**
 * Events of one chat between the model process and their reader. It cannot grow without bound, because the process
 * pauses after a number of unread texts.
 */
export class ChatInbox {
  /** Settles when the model process has ended the chat, so that its slot is free. */
  readonly settled: Promise<void>;
  private events: AnswerEvent[] = [];
  private done = false;
  private failure: { readonly error: unknown } | undefined;
  private wake: () => void = () => undefined;
  private settle: () => void = () => undefined;

  constructor() {
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** Whether the model process still works on the chat. */
  get open(): boolean {
    return !this.done;
  }

  /** Adds an event; `finish` ends the chat. */
  push(event: AnswerEvent): void {
    this.events.push(event);
    if (event.type === 'finish') this.end();
    this.wake();
  }

  /** The model process has ended the chat; an error, if given, goes to the reader. */
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
