import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiError, Tier } from '@local-llm-agent/contracts';

/** What is known about one request while it runs. */
export interface RequestContext {
  readonly id: string;
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** `performance.now()` at its arrival. */
  readonly startedAt: number;
  tier?: Tier;
  /** Who asks: the id of a key, or the address. */
  caller?: string;
  /** The address of who asks, for the log, where it was refused before the caller was known. */
  client?: string;
  /** Id of the model that answers, from the catalog or a runtime, never from the client. */
  model?: string;
  promptTokens?: number;
  completionTokens?: number;
  /** Tokens of a streamed answer that were seen to pass, by its events: all there is when it breaks off. */
  seenTokens?: number;
  /** Whether the answer came from the response cache, or from the run of another request. */
  cached?: boolean;
  /** `performance.now()` when the first byte of the answer left. */
  firstByteAt?: number;
  /** `performance.now()` when the first event of a streamed answer came; comments are none. */
  firstTokenAt?: number;
  /** Whether the client asked for a stream. */
  streaming?: boolean;
  /** Milliseconds that it waited in the engine for a slot of its model. */
  queueMs?: number;
  /** Id in the catalog of the model that was asked for, where it has one. */
  askedModel?: string;
  /** Estimated tokens of the prompt: what counts when nobody tells the real ones. */
  promptEstimate?: number;
  error?: ApiError;
  /** The error as a whole body, where the path alone does not tell the dialect. */
  errorBody?: (error: ApiError) => string;
  /** The error as the end of the stream that is open, where only its writer knows the form. */
  errorEvent?: (error: ApiError) => string;
}

const CONTEXT = Symbol('request context');

type WithContext = ServerResponse & { [CONTEXT]?: RequestContext };

/** Ties the context to the response. */
export function setContext(res: ServerResponse, context: RequestContext): void {
  (res as WithContext)[CONTEXT] = context;
}

/** The context of a response that the edge opened, or undefined. */
export function findContext(res: ServerResponse): RequestContext | undefined {
  return (res as WithContext)[CONTEXT];
}

/** The context of the response. Throws when the edge did not open it: that is a fault of ours. */
export function contextOf(res: ServerResponse): RequestContext {
  const context = findContext(res);
  if (!context) throw new Error('The request was not opened by the HTTP edge.');
  return context;
}

/** Path of the request without the query. */
export function pathOf(req: IncomingMessage): string {
  // Express rewrites `url` inside routers and keeps the whole one here.
  const url = (req as IncomingMessage & { originalUrl?: string }).originalUrl ?? req.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
