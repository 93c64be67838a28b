import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { HEADERS, backendUnavailable, inferenceTimeout, toApiError, type ApiError } from '@local-llm-agent/contracts';
import type { RequestContext } from '@local-llm-agent/http';
import type { AnswerTranslator } from './answer-translator.types.js';
import { engineGone, readEngineError } from './engine-error.parse.js';
import { StreamTranslation } from './stream.translation.js';

/** Headers of the engine that a client gets to see. */
const PASSED_ON = ['content-type', 'cache-control', 'x-accel-buffering', HEADERS.fallbackFrom] as const;
/** Most bytes of an error body that are read. */
const MOST_ERROR_BYTES = 64 * 1024;
/** Most bytes of a plain answer that are held; far more than any model writes in one answer. */
const MOST_ANSWER_BYTES = 64 * 2 ** 20;

/** Begins the data of an event, at the beginning of a line: inside of JSON there is no line end. */
const DATA = Buffer.from('data: {');
const LINE_END = 10;

type Settle = (error?: Error) => void;
type Headers = Readonly<Record<string, string | string[] | undefined>>;

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** How many events begin in this part of a stream. */
function eventsIn(chunk: Buffer): number {
  let events = 0;
  for (let at = chunk.indexOf(DATA); at >= 0; at = chunk.indexOf(DATA, at + DATA.length))
    if (at === 0 || chunk[at - 1] === LINE_END) events += 1;
  return events;
}

/**
 * Carries an answer of the engine to the client. A stream passes as the bytes it is, unread, one write for each read,
 * and no faster than the client takes it; a plain answer is sent once it is whole; an error becomes an ApiError.
 * With a translator the client gets the answer in another dialect.
 */
export class EngineRelay implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private streaming = false;
  private readonly parts: Buffer[] = [];
  private size = 0;
  private events = 0;
  private stopped: Error | undefined;
  private readonly res: ServerResponse;
  private readonly context: RequestContext;
  private readonly translator: AnswerTranslator<unknown> | undefined;
  private translation: StreamTranslation | undefined;

  constructor(
    client: { res: ServerResponse; context: RequestContext; translator: AnswerTranslator<unknown> | undefined },
    private readonly engineUrl: string,
    private readonly settle: Settle,
  ) {
    this.res = client.res;
    this.context = client.context;
    this.translator = client.translator;
  }

  /** Ends the exchange with the engine; the promise of the exchange rejects with the reason. */
  stop(reason: Error): void {
    this.stopped ??= reason;
    if (this.controller) this.controller.abort(reason);
    else this.settle(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.stopped) controller.abort(this.stopped);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.headers = headers;
    const model = text(headers[HEADERS.servedModel]);
    if (model !== undefined) this.context.model = decodeURIComponent(model);
    this.readWait(headers);
    this.streaming = status < 300 && String(headers['content-type']).startsWith('text/event-stream');
    if (!this.streaming) return;
    this.passHeaders();
    if (this.translator) this.translate(this.translator);
    this.res.writeHead(status);
    this.res.on('drain', () => {
      controller.resume();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.streaming) {
      this.events += eventsIn(chunk);
      // Each event is a token, but the first, which opens the answer.
      this.context.seenTokens = Math.max(0, this.events - 1);
      if (this.events > 0) this.context.firstTokenAt ??= performance.now();
      const part = this.translation ? this.translation.push(chunk) : chunk;
      if (part.length > 0 && !this.res.write(part)) controller.pause();
      return;
    }
    this.size += chunk.length;
    if (this.status >= 300 && this.size > MOST_ERROR_BYTES) this.stop(this.unreadable());
    else if (this.size > MOST_ANSWER_BYTES) this.stop(this.tooLarge());
    else this.parts.push(chunk);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: Headers): void {
    if (this.status >= 300) {
      this.settle(this.toError());
      return;
    }
    this.readUsage(this.streaming ? trailers : this.headers);
    this.readWait(trailers);
    if (this.translation?.ended === false) {
      this.settle(this.broken());
      return;
    }
    try {
      const body = this.streaming ? undefined : this.wholeBody();
      const whole = !this.translation || this.translation.complete;
      const prepared = whole ? this.translator?.beforeEnd?.() : undefined;
      // Nothing to wait for is the common case, and ends in the same turn.
      if (prepared === undefined) this.finish(body);
      else prepared.then(() => this.finish(body)).catch(this.fail);
    } catch (error) {
      this.fail(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle(this.stopped ?? this.explain(error));
  }

  private readonly fail = (thrown: unknown): void => {
    this.settle(toApiError(thrown));
  };

  /** Sends the whole answer, or the end of the stream. */
  private finish(body: Buffer | undefined): void {
    if (body) {
      this.passHeaders();
      this.res.writeHead(this.status, { 'content-length': body.length });
      this.res.end(body);
    } else {
      this.res.end(this.translation?.complete ? this.translator?.end() : undefined);
    }
    this.settle();
  }

  private passHeaders(): void {
    for (const name of PASSED_ON) {
      const value = this.headers[name];
      if (value !== undefined) this.res.setHeader(name, value);
    }
  }

  private readUsage(fields: Headers): void {
    const prompt = Number(text(fields[HEADERS.promptTokens]));
    const completion = Number(text(fields[HEADERS.completionTokens]));
    if (Number.isInteger(prompt)) this.context.promptTokens = prompt;
    if (Number.isInteger(completion)) this.context.completionTokens = completion;
  }

  private readWait(fields: Headers): void {
    const wait = Number(text(fields[HEADERS.queueMs]));
    if (Number.isInteger(wait)) this.context.queueMs = wait;
  }

  private wholeBody(): Buffer {
    const body = this.parts.length === 1 && this.parts[0] ? this.parts[0] : Buffer.concat(this.parts, this.size);
    return this.translator ? Buffer.from(this.translator.whole(body.toString('utf8'))) : body;
  }

  /** From here on the stream, and an error in it, is the translator's. */
  private translate(translator: AnswerTranslator<unknown>): void {
    this.translation = new StreamTranslation(translator);
    this.res.setHeader('content-type', translator.contentType);
    this.context.errorEvent = (error) => translator.error(error);
  }

  private toError(): ApiError {
    return readEngineError(this.status, this.headers, Buffer.concat(this.parts, this.size).toString('utf8'));
  }

  private unreadable(): ApiError {
    return backendUnavailable(`The inference engine answered ${this.status} without a readable error.`, {
      origin: 'engine',
    });
  }

  private broken(cause?: Error): ApiError {
    return backendUnavailable('The connection to the inference engine broke in the middle of the answer. Try again.', {
      origin: 'gateway',
      cause,
    });
  }

  private tooLarge(): ApiError {
    return backendUnavailable(
      `The answer of the inference engine is larger than ${MOST_ANSWER_BYTES} bytes. Ask for fewer tokens, or for a stream.`,
      { origin: 'engine' },
    );
  }

  private explain(error: Error & { code?: string }): ApiError {
    if (error.code === 'UND_ERR_HEADERS_TIMEOUT' || error.code === 'UND_ERR_BODY_TIMEOUT') {
      return inferenceTimeout('The inference engine went silent. Its log has more under this request id.', {
        origin: 'gateway',
        cause: error,
      });
    }
    if (this.status > 0) return this.broken(error);
    return engineGone(this.engineUrl, error);
  }
}
