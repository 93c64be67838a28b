import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** A whole answer of any status. */
export interface CollectedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Collects a plain answer that somebody plays into it. */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  /** Rejects with the reason of the signal, or with what broke the exchange. */
  readonly answer: Promise<CollectedAnswer>;
  private settle: { resolve(answer: CollectedAnswer): void; reject(error: Error): void } | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private head: Omit<CollectedAnswer, 'text'> = { status: 0, headers: {} };
  private readonly parts: Buffer[] = [];

  constructor(private readonly signal: AbortSignal) {
    this.answer = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    signal.addEventListener('abort', this.stop, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.signal.aborted) this.stop();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.head = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    this.parts.push(part);
  }

  onResponseEnd(): void {
    this.signal.removeEventListener('abort', this.stop);
    this.settle?.resolve({ ...this.head, text: Buffer.concat(this.parts).toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.signal.removeEventListener('abort', this.stop);
    this.settle?.reject(error);
  }

  private readonly stop = (): void => {
    const reason = this.signal.reason instanceof Error ? this.signal.reason : new Error('It was stopped.');
    if (this.controller) this.controller.abort(reason);
    else this.settle?.reject(reason);
  };
}
