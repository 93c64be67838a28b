import type { IncomingHttpHeaders } from 'node:http';
import { toApiError } from '@local-llm-agent/contracts';
import type { Dispatcher } from 'undici';

/** How an answer of the engine begins. */
export interface AnswerStart {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** How an answer ended: as it should, or broken. */
export type AnswerEnd = { readonly trailers: IncomingHttpHeaders } | { readonly failure: Error };

/** An answer, as far as it is there. What is asked of it is asked for one reader. */
export interface AnswerSource {
  /** Its head; undefined while it is not there. */
  startFor(reader: AnswerReader): AnswerStart | undefined;
  /** The part at this place; undefined while it is not there. */
  partFor(reader: AnswerReader, place: number): Buffer | undefined;
  /** Its end; undefined while it is not there. */
  endFor(reader: AnswerReader): AnswerEnd | undefined;
  /** Told when a reader has read on, and when it is through or has left. */
  moved(reader: AnswerReader): void;
}

/**
 * Plays an answer into a handler as undici would play it from the engine: in order, no faster than the handler takes it,
 * and no more once it has let go. What a handler throws ends its own reading only.
 */
export class AnswerReader implements Dispatcher.DispatchController {
  paused = false;
  reason: Error | null = null;
  /** Place of the next part. */
  place = 0;
  private started = false;
  private ended = false;
  private playing = false;

  constructor(
    private readonly handler: Dispatcher.DispatchHandler,
    private readonly source: AnswerSource,
  ) {}

  /** Whether the handler let go. */
  get aborted(): boolean {
    return this.reason !== null;
  }

  /** Whether nothing more is to come. */
  get over(): boolean {
    return this.ended;
  }

  /** Makes itself known to the handler, which may let go at once. */
  begin(): void {
    this.guard(() => this.handler.onRequestStart?.(this, {}));
  }

  /** Plays on as far as there is something. */
  play(): void {
    if (this.playing || this.ended) return;
    this.playing = true;
    this.guard(() => {
      this.playParts();
      this.playEnd();
    });
    this.playing = false;
    this.source.moved(this);
  }

  /** Gives a comment of the stream to a handler that is not behind; it belongs to this moment only. */
  comment(bytes: Buffer): void {
    if (!this.started || this.paused || this.ended) return;
    this.guard(() => this.handler.onResponseData?.(this, bytes));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.play();
  }

  abort(reason: Error): void {
    if (!this.ended) this.fail(reason);
  }

  private fail(reason: Error): void {
    this.reason = reason;
    this.ended = true;
    this.handler.onResponseError?.(this, reason);
    this.source.moved(this);
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      // Whatever it was in the middle of, be it the end.
      this.fail(toApiError(thrown));
    }
  }

  private playParts(): void {
    if (!this.started) {
      const start = this.source.startFor(this);
      if (!start) return;
      this.started = true;
      this.handler.onResponseStart?.(this, start.status, start.headers);
    }
    while (!this.paused && !this.ended) {
      const part = this.source.partFor(this, this.place);
      if (!part) return;
      this.place += 1;
      this.handler.onResponseData?.(this, part);
    }
  }

  private playEnd(): void {
    if (this.paused || this.ended) return;
    const end = this.source.endFor(this);
    if (!end) return;
    this.ended = true;
    if ('failure' in end) this.handler.onResponseError?.(this, end.failure);
    else this.handler.onResponseEnd?.(this, end.trailers);
  }
}
