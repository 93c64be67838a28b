import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Pool, type Dispatcher } from 'undici';
import {
  ApiError,
  ENGINE_PATHS,
  HEADERS,
  backendUnavailable,
  inferenceTimeout,
  notFound,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { engineGone, readEngineError } from './engine-error.parse.js';
import { engineCredentials } from './engine-token.translate.js';

/** One call for the management of models. */
export interface ManagementCall {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** Sent as JSON. */
  readonly body?: object;
}

const CONNECT_TIMEOUT_MS = 2000;
/** Pulls and uploads take long, and there are few of them. */
const MOST_CONNECTIONS = 64;
/** Far longer than any line of progress. */
const LONGEST_LINE = 64 * 1024;

/** The management of models at the engine: lists, changes, step-by-step answers and uploads. */
@Injectable()
export class EngineManagementClient implements OnModuleDestroy {
  private readonly pool: Pool;

  constructor(@Inject(SETTINGS_TOKEN) private readonly settings: Settings) {
    this.pool = new Pool(settings.ENGINE_URL, {
      connections: MOST_CONNECTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The whole answer as text. Rejects with an ApiError, or with the reason of the signal. */
  async text(call: ManagementCall): Promise<string> {
    const answer = await this.send(call);
    return answer.body.text().catch((cause: unknown) => this.broken(cause, call.signal));
  }

  /** The lines of a step-by-step answer as they come. Leaving the loop ends the exchange. */
  async *lines(call: ManagementCall): AsyncGenerator<string> {
    const answer = await this.send(call);
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const part of answer.body as AsyncIterable<Buffer>) {
        const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        yield* lines.filter((line) => line !== '');
        if (rest.length > LONGEST_LINE) throw new Error('a line without end');
      }
      if (rest !== '') yield rest;
    } catch (cause) {
      this.broken(cause, call.signal);
    } finally {
      answer.body.destroy();
    }
  }

  /** Carries an upload to the engine, no faster than the engine takes it; the status of its answer. */
  async upload(digest: string, req: IncomingMessage, requestId: string, signal: AbortSignal): Promise<number> {
    const length = req.headers['content-length'];
    // The request itself stays whole when the engine refuses in the middle: its client still has to read the error.
    const bytes = new PassThrough();
    req.pipe(bytes);
    req.once('close', () => {
      if (!req.complete) bytes.destroy(new Error('The client left.'));
    });
    try {
      const answer = await this.exchange(
        {
          method: 'POST',
          path: `${ENGINE_PATHS.blobs}/${encodeURIComponent(digest)}`,
          body: bytes,
          signal,
          headers: { [HEADERS.requestId]: requestId, ...(length === undefined ? {} : { 'content-length': length }) },
        },
        signal,
      );
      await answer.body.dump();
      return answer.statusCode;
    } finally {
      req.unpipe(bytes);
      bytes.destroy();
    }
  }

  /** Closes the connections. */
  async onModuleDestroy(): Promise<void> {
    await this.pool.destroy();
  }

  private send({ method, path, requestId, signal, body }: ManagementCall): Promise<Dispatcher.ResponseData> {
    const headers = { [HEADERS.requestId]: requestId, 'content-type': 'application/json' };
    return this.exchange(
      { method, path, headers, signal, body: body === undefined ? null : JSON.stringify(body) },
      signal,
    );
  }

  /** An answer of 2xx, its body unread. */
  private async exchange(options: Dispatcher.RequestOptions, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.pool.request({
        ...options,
        headers: { ...(options.headers as Record<string, string>), ...engineCredentials(this.settings) },
      });
    } catch (cause) {
      stopIfAborted(signal);
      throw engineGone(this.settings.ENGINE_URL, cause);
    }
    if (answer.statusCode < 300) return answer;
    // An answer to HEAD has no body that could say more.
    if (options.method === 'HEAD' && answer.statusCode === 404) throw notFound('There is no such file here.');
    throw readEngineError(answer.statusCode, answer.headers, await answer.body.text());
  }

  private broken(cause: unknown, signal: AbortSignal): never {
    stopIfAborted(signal);
    if (cause instanceof ApiError) throw cause;
    throw backendUnavailable('The connection to the inference engine broke in the middle of the answer. Try again.', {
      origin: 'gateway',
      cause,
    });
  }
}

/** Throws the reason of an aborted signal; a time that is over as the error that a client may see. */
function stopIfAborted(signal: AbortSignal): void {
  if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError')
    throw inferenceTimeout('The inference engine did not answer in time. Try again.', { origin: 'gateway' });
  signal.throwIfAborted();
}
