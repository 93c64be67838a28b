import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import type { AnswerEvent } from '../runtime.contract.js';
import type { AnswerLines } from './answer-line.state.js';
import { AnswerReader, type AnswerCall } from './answer.reader.js';
import { toApiError, type Fault } from './ollama-error.translate.js';

/** A call of Ollama that is not an answer of tokens. */
export interface ControlCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly signal: AbortSignal;
  /** Ten seconds when absent; `null` leaves the bound to the signal. */
  readonly timeoutMs?: number | null;
  /** The model it is about, for the error. */
  readonly model?: string;
  /** Makes the error of some faults; undefined leaves the others to {@link OllamaClient.explain}. */
  readonly explain?: (fault: Fault) => Promise<Error> | undefined;
}

/** An answer of tokens. */
export interface AnswerRequest {
  readonly path: string;
  readonly body: object;
  readonly signal: AbortSignal;
  readonly lines: AnswerLines;
  readonly conclude: AnswerCall['conclude'];
}

/** A call whose answer is read by the caller. */
export interface OpenCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as they are. */
  readonly bytes?: Readable;
  readonly signal: AbortSignal;
  /** The model it is about, for the error. */
  readonly model?: string;
}

const CONNECT_TIMEOUT_MS = 2000;
const CONTROL_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const LARGEST_BODY_BYTES = 64 * 2 ** 20;
const LATE = new Error('The time of the call is over.');
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, application/x-ndjson' };

async function readText(body: Dispatcher.ResponseData['body']): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** HTTP to one Ollama over kept connections. There are as many as calls at a time; the scheduler bounds those. */
export class OllamaClient {
  /** The address in errors: no credentials, no slash at the end. */
  readonly address: string;
  private readonly pool: Pool;
  private readonly prefix: string;
  private readonly headers: Record<string, string>;

  constructor(baseUrl: string) {
    const url = new URL(baseUrl);
    this.prefix = url.pathname.replace(/\/+$/, '');
    this.address = `${url.origin}${this.prefix}`;
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.headers =
      credentials === ':'
        ? HEADERS
        : { ...HEADERS, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
    this.pool = new Pool(url.origin, {
      connect: { timeout: CONNECT_TIMEOUT_MS },
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A model may load and think for long; the signal of each call is the bound.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The parsed answer of a control call. Throws an ApiError, or the signal's reason. */
  async control(call: ControlCall): Promise<unknown> {
    const { signal, timeoutMs = CONTROL_TIMEOUT_MS } = call;
    signal.throwIfAborted();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = timeoutMs === null ? undefined : setTimeout(() => stop.abort(LATE), timeoutMs);
    try {
      return await this.exchange(call, stop.signal);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof FaultError)
        throw (await call.explain?.(cause.fault)) ?? this.explain(cause.fault, call.model);
      const fault: Fault =
        stop.signal.reason === LATE
          ? { type: 'fault', kind: 'timedOut', path: call.path, ms: timeoutMs ?? 0 }
          : { type: 'fault', kind: 'network', cause };
      throw this.explain(fault, call.model);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Sends a call and gives the answer, its body unread. Throws an ApiError for a status of 300 or more, or the signal's reason. */
  async open(call: OpenCall): Promise<Dispatcher.ResponseData> {
    const { method, path, body, bytes, signal, model } = call;
    let response: Dispatcher.ResponseData;
    try {
      response = await this.pool.request({
        method,
        path: this.prefix + path,
        headers: this.headers,
        signal,
        body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw this.explain({ type: 'fault', kind: 'network', cause }, model);
    }
    if (response.statusCode < 300) return response;
    const text = method === 'HEAD' ? '{"error":""}' : ((await readText(response.body)) ?? '');
    throw this.explain({ type: 'fault', kind: 'refused', status: response.statusCode, body: text }, model);
  }

  /** Starts an answer; leaving the loop over it stops it. */
  answer(request: AnswerRequest): AsyncIterator<readonly AnswerEvent[], undefined> {
    const options: Dispatcher.DispatchOptions = {
      method: 'POST',
      path: this.prefix + request.path,
      headers: this.headers,
      body: JSON.stringify(request.body),
    };
    return new AnswerReader({
      signal: request.signal,
      lines: request.lines,
      conclude: request.conclude,
      dispatch: (handler) => {
        this.pool.dispatch(options, handler);
      },
    });
  }

  /** The fault as the error a client may see. */
  explain(fault: Fault, model: string | undefined): Error {
    return toApiError(fault, { address: this.address, model });
  }

  /** Ends all connections; calls under way fail. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async exchange(call: ControlCall, signal: AbortSignal): Promise<unknown> {
    const response = await this.pool.request({
      method: call.method,
      path: this.prefix + call.path,
      headers: this.headers,
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await readText(response.body);
    if (text === undefined) throw new FaultError({ type: 'fault', kind: 'garbage', sample: 'a body without end' });
    if (response.statusCode !== 200) {
      throw new FaultError({ type: 'fault', kind: 'refused', status: response.statusCode, body: text });
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new FaultError({ type: 'fault', kind: 'garbage', sample: text, cause });
    }
  }
}

class FaultError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.kind);
  }
}
