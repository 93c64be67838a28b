import type { ServerResponse } from 'node:http';
import { HEADERS, inferenceTimeout, type ApiError, type Usage } from '@local-llm-agent/contracts';
import { contextOf, type Watched } from '@local-llm-agent/http';
import type { WaitPlace } from '../scheduler/wait.estimate.js';
import { READING_COMMENT, waitComment } from './wait-comment.translate.js';

const STREAM_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/** Times of one answer, ms. */
export interface AnswerTimes {
  readonly deadlineAt: number;
  readonly idleMs: number;
  readonly heartbeatMs: number;
  /** Between two comments on the place in the queue, before the first event. */
  readonly waitMs: number;
}

/**
 * One answer on its way to the client: looks after its deadline, the silences of the runtime and, for streams,
 * heartbeats. Nothing is written before the first event or the first heartbeat, so that a refusal keeps its status.
 */
export class AnswerStream implements Watched {
  readonly deadlineAt: number;
  private lastEventAt: number | undefined;
  private lastWriteAt = performance.now();
  /** Tells the place in the queue, while there is one. */
  private place: (() => WaitPlace | undefined) | undefined;
  private reading = false;

  constructor(
    private readonly res: ServerResponse,
    private readonly times: AnswerTimes,
    private readonly streaming: boolean,
    private readonly abort: AbortController,
  ) {
    this.deadlineAt = times.deadlineAt;
  }

  expire(): void {
    this.abort.abort(
      inferenceTimeout(
        'The answer took longer than the tier allows. Ask for fewer tokens, or raise timeoutSeconds of the tier in the catalog.',
        { origin: 'engine' },
      ),
    );
  }

  stop(error: ApiError): void {
    this.abort.abort(error);
  }

  tick(now: number): void {
    if (this.lastEventAt !== undefined && now - this.lastEventAt > this.times.idleMs) {
      this.abort.abort(
        inferenceTimeout(`The runtime said nothing for ${this.times.idleMs / 1000} s in the middle of its answer.`, {
          origin: 'runtime',
        }),
      );
    } else if (this.streaming && now - this.lastWriteAt >= this.silenceMs && !this.res.writableNeedDrain) {
      this.open();
      this.res.write(this.comment);
      this.lastWriteAt = now;
    }
  }

  /** Notes that the answer waits for a slot, and who knows its place in the queue. */
  waitsFor(place: () => WaitPlace | undefined): void {
    this.place = place;
    this.reading = false;
  }

  /** Sends a part of the stream, in one write. Resolves when the client can take more. */
  async send(text: string): Promise<void> {
    this.note();
    if (text !== '' && !this.res.write(text)) await this.drained();
  }

  /** Sends the last part of the stream and ends it. */
  end(text: string, usage: Usage): void {
    this.note();
    this.res.addTrailers({ ...usageFields(usage), ...this.waitField() });
    this.res.end(text);
  }

  /** Notes that the model begins with a choice: until its first event the runtime may be silent for long. */
  next(): void {
    this.lastEventAt = undefined;
    this.reading = true;
  }

  /** Notes that the runtime is alive, for plain answers. */
  touch(): void {
    this.lastEventAt = performance.now();
  }

  /** Sends the plain answer. */
  finish(body: string, usage: Usage): void {
    const bytes = Buffer.from(body);
    this.res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': bytes.length,
      ...usageFields(usage),
    });
    this.res.end(bytes);
  }

  private get silenceMs(): number {
    return this.lastEventAt === undefined ? this.times.waitMs : this.times.heartbeatMs;
  }

  private get comment(): string {
    if (this.lastEventAt !== undefined) return waitComment(undefined);
    return this.reading ? READING_COMMENT : waitComment(this.place?.());
  }

  private note(): void {
    const now = performance.now();
    this.lastEventAt = now;
    this.lastWriteAt = now;
    this.open();
  }

  private open(): void {
    if (this.res.headersSent) return;
    this.res.setHeader('trailer', `${HEADERS.promptTokens}, ${HEADERS.completionTokens}, ${HEADERS.queueMs}`);
    this.res.writeHead(200, STREAM_HEAD);
  }

  private waitField(): Record<string, string> {
    const { queueMs } = contextOf(this.res);
    return queueMs === undefined ? {} : { [HEADERS.queueMs]: String(queueMs) };
  }

  /** A reader that stalls is not the runtime's silence: the idle clock starts anew when it reads on. */
  private async drained(): Promise<void> {
    const { signal } = this.abort;
    this.lastEventAt = undefined;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.res.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.res.on('drain', done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
    signal.throwIfAborted();
    this.lastEventAt = performance.now();
  }
}

function usageFields(usage: Usage): Record<string, string> {
  return {
    [HEADERS.promptTokens]: String(usage.promptTokens),
    [HEADERS.completionTokens]: String(usage.completionTokens),
  };
}
