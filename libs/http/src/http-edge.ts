import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { HEADERS, toApiError, type ApiError } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import { discardBody } from './body.reader.js';
import { isBodyHeld } from './head.refusal.js';
import { LINES_A_MINUTE, LineBudget } from './line-budget.state.js';
import { parseRequestId } from './request-id.parse.js';
import { contextOf, findContext, pathOf, setContext, type RequestContext } from './request-context.js';

/** How a service shows errors, and what it does when a request is over. */
export interface EdgeHooks {
  /** The error as the body of a whole answer, in the dialect of the path. */
  errorBody(error: ApiError, context: RequestContext): string;
  /** The error as the last event of a stream, in the dialect of the path. */
  errorEvent(error: ApiError, context: RequestContext): string;
  /** Called for each request before anything of its body is read; throws to refuse it. True when it was answered. */
  enter?(req: IncomingMessage, res: ServerResponse, context: RequestContext): boolean;
  /** The address of who asks, for the log: asked for where a request is refused before its caller is known. */
  client?(req: IncomingMessage): string;
  /** Headers that every answer of the path carries besides the common ones. */
  headers?(context: RequestContext): Readonly<Record<string, string>>;
  /**
   * Called once for each request, after its answer or its end. Must be quick and must not throw.
   * @param answered whether the whole answer left; else the client did, or the answer broke off
   */
  done(context: RequestContext, status: number, seconds: number, answered: boolean): void;
}

/** Most characters of a path in a line of the log. */
const LONGEST_PATH = 500;

function shownPath({ path }: RequestContext): string {
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path;
}

type HeadFields = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** Sets the headers given to `writeHead`: an object, or names and values in turn. Those that are undefined are left out. */
function setHeaders(res: ServerResponse, fields: HeadFields | undefined): void {
  if (fields === undefined) return;
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields).flat();
  for (let at = 0; at < pairs.length; at += 2) {
    const value = pairs[at + 1];
    if (value !== undefined) res.setHeader(String(pairs[at]), value);
  }
}

/**
 * What every request of a service passes, whichever way it was dispatched: it gets an id, a time, one log line and,
 * when something is thrown, one error in the shape of its dialect.
 */
export class HttpEdge {
  private closing = false;
  private readonly refusals: LineBudget;

  constructor(
    private readonly logger: Logger,
    private readonly hooks: EdgeHooks,
  ) {
    this.refusals = new LineBudget(() => {
      logger.warn(
        { most: LINES_A_MINUTE },
        'Many requests are refused: no more of them have a warning in this minute. The metrics count all.',
      );
    });
  }

  /** From now on every answer asks the client to close its connection. */
  drain(): void {
    this.closing = true;
  }

  /** Whether {@link drain} was called: the service is on its way out and not ready any more. */
  get draining(): boolean {
    return this.closing;
  }

  /** Opens the context of a request and echoes its id. To be called once, before anything else. */
  open(req: IncomingMessage, res: ServerResponse): RequestContext {
    const context: RequestContext = {
      id: parseRequestId(req.headers[HEADERS.requestId]) ?? randomUUID(),
      method: req.method ?? 'GET',
      path: pathOf(req),
      startedAt: performance.now(),
    };
    setContext(res, context);
    this.stampHead(res, context);
    res.once('close', () => {
      this.finish(context, res);
      // A body that no route wanted, and that is still on its way, must not hold the connection for ever.
      if (!req.complete && !req.destroyed) discardBody(req);
    });
    return context;
  }

  /** Lets an opened request in. Throws what the service refuses it with. True when it was answered with that. */
  enter(req: IncomingMessage, res: ServerResponse): boolean {
    return this.hooks.enter?.(req, res, contextOf(res)) ?? false;
  }

  /** Answers a request with an error, or ends its stream with one. Logs it once. */
  fail(thrown: unknown, req: IncomingMessage, res: ServerResponse): void {
    const context = findContext(res) ?? this.open(req, res);
    const error = toApiError(thrown);
    if (context.error || res.writableEnded) return;
    this.note(error, req, context);
    if (res.destroyed) return;
    this.log(error, context);
    if (res.headersSent) {
      this.failStream(error, context, res);
      return;
    }
    const body = Buffer.from(context.errorBody?.(error) ?? this.hooks.errorBody(error, context));
    if (error.retryAfterSeconds !== undefined) res.setHeader('retry-after', String(error.retryAfterSeconds));
    if (error.lasting) res.setHeader(HEADERS.shouldRetry, 'false');
    if (error.origin) res.setHeader(HEADERS.errorOrigin, error.origin);
    // RFC 9110, 11.6.1: a 401 says what to send.
    if (error.status === 401) res.setHeader('www-authenticate', 'Bearer realm="local-llm-agent"');
    // Whether its body comes after this answer is up to the client: the next request could not be told from it.
    if (isBodyHeld(req)) res.setHeader('connection', 'close');
    res.writeHead(error.status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    if (req.complete || isBodyHeld(req)) {
      res.end(body);
      return;
    }
    // The whole answer leaves now, but it ends with the body only: Node cuts a connection that is not kept alive in
    // the moment the answer ends, and a client that still sends would get a reset instead of the error.
    res.write(body);
    discardBody(req, () => res.end());
  }

  /** Notes an error that is told inside of an answer, and logs it once. Returns it as an ApiError. */
  report(thrown: unknown, res: ServerResponse): ApiError {
    const context = contextOf(res);
    const error = toApiError(thrown);
    context.error = error;
    if (!res.destroyed) this.log(error, context);
    return error;
  }

  /** What the log will tell of a request that fails. */
  private note(error: ApiError, req: IncomingMessage, context: RequestContext): void {
    context.error = error;
    if (context.caller === undefined) context.client = this.hooks.client?.(req);
  }

  private failStream(error: ApiError, context: RequestContext, res: ServerResponse): void {
    if (context.errorEvent) res.end(context.errorEvent(error));
    else if (String(res.getHeader('content-type')).startsWith('text/event-stream'))
      res.end(this.hooks.errorEvent(error, context));
    else res.destroy();
  }

  /** Adds the common headers in the moment the head is written, so that the latency is that of the first byte. */
  private stampHead(res: ServerResponse, context: RequestContext): void {
    const write: (status: number, reason?: string) => ServerResponse = res.writeHead.bind(res);
    res.setHeader(HEADERS.requestId, context.id);
    for (const [name, value] of Object.entries(this.hooks.headers?.(context) ?? {})) res.setHeader(name, value);
    const stamped = (status: number, reason?: string | HeadFields, fields?: HeadFields): ServerResponse => {
      context.firstByteAt = performance.now();
      res.setHeader(HEADERS.latency, String(Math.round(context.firstByteAt - context.startedAt)));
      if (context.tier) res.setHeader(HEADERS.tier, context.tier);
      if (this.closing) res.setHeader('connection', 'close');
      setHeaders(res, typeof reason === 'string' ? fields : reason);
      return typeof reason === 'string' ? write(status, reason) : write(status);
    };
    res.writeHead = stamped;
  }

  private log(error: ApiError, context: RequestContext): void {
    const { trace } = error;
    if (trace && !this.refusals.take(performance.now())) return;
    const fields = {
      requestId: context.id,
      caller: context.caller,
      client: context.client,
      reason: trace?.reason,
      key: trace?.key,
      method: context.method,
      path: shownPath(context),
      status: error.status,
      code: error.code,
      param: error.param,
      origin: error.origin,
    };
    if (error.status >= 500) this.logger.error({ ...fields, err: error.cause ?? error }, error.message);
    else this.logger.warn(fields, error.message);
  }

  private finish(context: RequestContext, res: ServerResponse): void {
    const seconds = (performance.now() - context.startedAt) / 1000;
    const answered = res.writableFinished;
    const status = answered || res.headersSent ? res.statusCode : 499;
    this.hooks.done(context, status, seconds, answered);
    if (!this.logger.isLevelEnabled('info')) return;
    this.logger.info(
      {
        requestId: context.id,
        caller: context.caller,
        client: context.client,
        reason: context.error?.trace?.reason,
        key: context.error?.trace?.key,
        method: context.method,
        path: shownPath(context),
        status,
        ms: Math.round(seconds * 1000),
        tier: context.tier,
        model: context.model,
        promptTokens: context.promptTokens,
        completionTokens: context.completionTokens,
        cached: context.cached,
      },
      answered ? 'answered' : 'client left',
    );
  }
}
