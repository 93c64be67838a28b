import type { Dispatcher } from 'undici';
import type { AnswerEvent } from '../runtime.contract.js';
import type { AnswerLines } from './answer-line.state.js';
import { LineSplitter } from './ndjson.parse.js';
import type { Fault } from './ollama-error.translate.js';

type Batch = readonly AnswerEvent[];

/** What a reader needs to know of its call. */
export interface AnswerCall {
  /** Sends the request; the reader is its handler. */
  readonly dispatch: (handler: Dispatcher.DispatchHandler) => void;
  readonly signal: AbortSignal;
  /** Makes events of the lines. */
  readonly lines: AnswerLines;
  /** Makes the error that the loop over the answer throws, or else the events that end the answer after all. */
  readonly conclude: (fault: Fault) => Promise<Error | readonly AnswerEvent[]>;
}

const LONGEST_LINE_BYTES = 8 * 2 ** 20;
const LONGEST_REFUSAL_BYTES = 64 * 2 ** 10;
/** Bytes read ahead of the consumer, after which the socket is not read. */
const READ_AHEAD_BYTES = 256 * 2 ** 10;
/** How long the last bytes after the finish event may take before the connection is given up. */
const LINGER_MS = 1000;

interface Waiter {
  readonly resolve: (result: IteratorResult<Batch, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One answer of `/api/chat` or `/api/generate`: the handler of the HTTP call and the iterator over its events in one, so that a token goes
 * from the socket to the consumer without a stream in between. Events that arrive while the consumer is busy reach it
 * as one batch. `next` must be awaited before it is called again, as `for await` does.
 */
export class AnswerReader implements Dispatcher.DispatchHandler, AsyncIterator<Batch, undefined> {
  private readonly lines = new LineSplitter(LONGEST_LINE_BYTES);
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private refusal: Buffer[] = [];
  private refusalBytes = 0;
  private events: AnswerEvent[] = [];
  private unreadBytes = 0;
  private waiter: Waiter | undefined;
  private flushing = false;
  private failure: { readonly error: Error } | undefined;
  /** The finish event came, the call failed, or the consumer left: nothing that comes later matters. */
  private over = false;
  /** A fault was met and its error is being made; `next` waits for it. */
  private explaining = false;
  /** The error was handed out, or nobody wants it. */
  private settled = false;
  /** The HTTP exchange is done with. */
  private closed = false;
  private lingering: NodeJS.Timeout | undefined;

  constructor(private readonly call: AnswerCall) {
    call.signal.addEventListener('abort', this.onAbort, { once: true });
    if (call.signal.aborted) this.onAbort();
    else call.dispatch(this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) this.abandon();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.status = statusCode;
  }

  onResponseData(controller: Dispatcher.DispatchController, read: Buffer): void {
    if (this.over) return;
    if (this.status !== 200) {
      this.refusalBytes += read.length;
      if (this.refusalBytes <= LONGEST_REFUSAL_BYTES) this.refusal.push(read);
      return;
    }
    const lines = this.lines.push(read);
    if (lines === undefined) {
      this.breakOff({ type: 'fault', kind: 'garbage', sample: `a line longer than ${LONGEST_LINE_BYTES} bytes` });
      return;
    }
    this.take(lines);
    if (this.events.length === 0) return;
    this.unreadBytes += read.length;
    if (this.waiter !== undefined) this.flushSoon();
    else if (this.unreadBytes > READ_AHEAD_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.close();
    if (this.over) return;
    if (this.status !== 200) {
      this.fail({
        type: 'fault',
        kind: 'refused',
        status: this.status,
        body: Buffer.concat(this.refusal).toString('utf8'),
      });
      return;
    }
    if (this.take([this.lines.end()])) this.flushSoon();
    else this.fail({ type: 'fault', kind: this.call.lines.looped ? 'looped' : 'endedEarly' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    this.close();
    if (!this.over) this.fail({ type: 'fault', kind: 'network', cause });
  }

  next(): Promise<IteratorResult<Batch, undefined>> {
    if (this.events.length > 0) return Promise.resolve({ done: false, value: this.takeBatch() });
    if (this.failure !== undefined) {
      const { error } = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.over && !this.explaining) {
      this.letGo();
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Batch, undefined>> {
    if (!this.over) {
      this.over = true;
      this.abandon();
    }
    this.settled = true;
    this.explaining = false;
    this.events = [];
    this.failure = undefined;
    this.letGo();
    return Promise.resolve({ done: true, value: undefined });
  }

  private readonly onAbort = (): void => {
    this.over = true;
    this.explaining = false;
    this.events = [];
    this.abandon();
    this.settle(this.call.signal.reason as Error);
  };

  /** Reads lines into events until one ends the answer, well or not; says whether one did. */
  private take(lines: readonly string[]): boolean {
    for (const line of lines) {
      if (line.trim() === '') continue;
      const fault = this.call.lines.read(line, this.events);
      if (fault !== undefined) {
        this.breakOff(fault);
        return true;
      }
      if (this.events.at(-1)?.type === 'finish') {
        this.over = true;
        this.call.signal.removeEventListener('abort', this.onAbort);
        return true;
      }
    }
    return false;
  }

  private takeBatch(): Batch {
    const batch = this.events;
    this.events = [];
    this.unreadBytes = 0;
    if (this.controller?.paused === true) this.controller.resume();
    return batch;
  }

  /** One read of the socket may hold several chunks of HTTP: their events leave together, right after the read. */
  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => {
      this.flushing = false;
      if (this.waiter === undefined || this.events.length === 0) return;
      const { resolve } = this.waiter;
      this.waiter = undefined;
      resolve({ done: false, value: this.takeBatch() });
    });
  }

  private breakOff(fault: Fault): void {
    this.fail(fault);
    this.abandon();
  }

  private fail(fault: Fault): void {
    this.over = true;
    this.explaining = true;
    if (this.events.length > 0) this.flushSoon();
    this.call.conclude(fault).then(
      (outcome) => {
        if (outcome instanceof Error) this.settle(outcome);
        else this.finish(outcome);
      },
      (error: unknown) => this.settle(error as Error),
    );
  }

  /** The answer ends well after all. */
  private finish(events: Batch): void {
    if (this.settled) return;
    this.settled = true;
    this.explaining = false;
    this.call.signal.removeEventListener('abort', this.onAbort);
    this.events.push(...events);
    this.flushSoon();
  }

  private settle(error: Error): void {
    if (this.settled) return;
    this.settled = true;
    this.explaining = false;
    this.call.signal.removeEventListener('abort', this.onAbort);
    if (this.waiter === undefined || this.events.length > 0) {
      this.failure = { error };
      return;
    }
    const { reject } = this.waiter;
    this.waiter = undefined;
    reject(error);
  }

  private abandon(): void {
    if (!this.closed) this.controller?.abort(new Error('The answer is no longer wanted.'));
  }

  /** The consumer is done. The connection is kept if the answer ends by itself in time. */
  private letGo(): void {
    this.call.signal.removeEventListener('abort', this.onAbort);
    if (this.closed || this.lingering !== undefined) return;
    this.lingering = setTimeout(() => this.abandon(), LINGER_MS).unref();
  }

  private close(): void {
    this.closed = true;
    clearTimeout(this.lingering);
  }
}
