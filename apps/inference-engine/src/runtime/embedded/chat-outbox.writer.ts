import { UNREAD_TEXTS } from './embedded.messages.js';

/** Sends the texts of one chat, and makes the generation wait while too many of them are unread. */
export class ChatOutbox {
  private unread = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly send: (text: string) => void,
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

  /** Sends a text; settles when the next one may come, or when the chat is cancelled. */
  async write(text: string): Promise<void> {
    if (this.signal.aborted) return;
    this.send(text);
    this.unread++;
    while (this.unread >= UNREAD_TEXTS && !this.isCancelled()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** The reader has taken so many texts. */
  read(count: number): void {
    this.unread -= count;
    this.wake();
  }

  private isCancelled(): boolean {
    return this.signal.aborted;
  }
}
