import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Pool, type Dispatcher } from 'undici';
import { ApiError, HEADERS, inferenceTimeout, type Tier } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { RequestWatch, boundedSignal, contextOf } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import type { Detour, Send } from '../response-cache/response-cache.types.js';
import { AnswerCollector } from './answer.collector.js';
import type { AnswerTranslator } from './answer-translator.types.js';
import { engineGone, readEngineError } from './engine-error.parse.js';
import { engineCredentials } from './engine-token.translate.js';
import { EngineRelay } from './engine.relay.js';

/** One request for the engine. */
export interface EngineCall {
  readonly path: string;
  readonly body: Buffer;
  readonly tier: Tier;
  readonly timeoutMs: number;
  readonly caller: string;
  readonly streaming: boolean;
  /** Whether the client wants to know its place in the queue while it waits. */
  readonly waitEvents?: boolean;
  /** Turns the answer into another dialect; without it the bytes pass as they are. */
  readonly translator: AnswerTranslator<unknown> | undefined;
  /** The way to the engine, where it is not the straight one. */
  readonly detour: Detour | undefined;
}

/** One request whose answer stays here. */
export interface AskCall {
  readonly path: string;
  readonly body: Buffer;
  readonly tier: Tier;
  readonly timeoutMs: number;
  readonly caller: string;
  readonly requestId: string;
  /** The way to the engine, where it is not the straight one. */
  readonly detour?: Detour;
}

/** A whole answer of the engine. */
export interface EngineAnswer {
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

const CONNECT_TIMEOUT_MS = 2000;
/** A pool must be as large as the concurrency; the engine's queues bound that. */
const MOST_CONNECTIONS = 1024;
/** A stream is silent for at most one heartbeat; some more may get lost on a busy machine. */
const SILENT_HEARTBEATS = 4;
/** The engine's own deadline comes first, and has the better message. */
const DEADLINE_MARGIN_MS = 5000;

/** The token path to the engine: one pool of connections, bytes in, bytes out. */
@Injectable()
export class EngineClient implements OnModuleDestroy {
  private readonly pool: Pool;
  private readonly silenceMs: number;
  private readonly credentials: Readonly<Record<string, string>>;

  constructor(
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    private readonly watch: RequestWatch,
  ) {
    this.pool = new Pool(settings.ENGINE_URL, {
      connections: MOST_CONNECTIONS,
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
    this.credentials = engineCredentials(settings);
    this.silenceMs = settings.HEARTBEAT_SECONDS * 1000 * SILENT_HEARTBEATS;
  }

  /**
   * Sends the call and carries the answer to the client. Resolves when the answer is out; rejects with an ApiError.
   * A client that leaves ends the exchange at once, and resolves: nobody is left to be told.
   */
  relay(call: EngineCall, res: ServerResponse): Promise<void> {
    // A client that left during admission closed the response already: no event would stop the exchange.
    if (res.destroyed) return Promise.resolve();
    const context = contextOf(res);
    return new Promise((resolve, reject) => {
      const relay = new EngineRelay(
        { res, context, translator: call.translator },
        this.settings.ENGINE_URL,
        (error) => {
          forget();
          if (error === undefined || error === LEFT) resolve();
          else reject(error);
        },
      );
      const forget = this.watch.add({
        deadlineAt: context.startedAt + call.timeoutMs + DEADLINE_MARGIN_MS,
        expire: () => {
          relay.stop(inferenceTimeout('The answer took longer than the tier allows.', { origin: 'gateway' }));
        },
        stop: (error) => {
          relay.stop(error);
        },
      });
      res.once('close', () => {
        if (!res.writableFinished) relay.stop(LEFT);
      });
      const silenceMs = call.streaming ? this.silenceMs : 0;
      const options: Dispatcher.DispatchOptions = {
        path: call.path,
        method: 'POST',
        body: call.body,
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        headers: headersOf(context.id, call, this.credentials),
      };
      if (call.detour) call.detour(options, relay, this.send);
      else this.pool.dispatch(options, relay);
    });
  }

  /**
   * Sends a call that is not streamed and gives the answer itself. Rejects with an ApiError, or with the reason of the
   * signal.
   */
  async ask(call: AskCall, signal: AbortSignal): Promise<EngineAnswer> {
    const { path, body, timeoutMs, requestId, detour } = call;
    const bound = boundedSignal(signal, timeoutMs + DEADLINE_MARGIN_MS);
    try {
      const collector = new AnswerCollector(bound.signal);
      const options: Dispatcher.DispatchOptions = {
        path,
        method: 'POST',
        body,
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: headersOf(requestId, call, this.credentials),
      };
      if (detour) detour(options, collector, this.send);
      else this.pool.dispatch(options, collector);
      const answer = await collector.answer;
      if (answer.status >= 300) throw readEngineError(answer.status, answer.headers, answer.text);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError) throw error;
      if (bound.signal.aborted)
        throw inferenceTimeout('The answer took longer than the tier allows.', { origin: 'gateway' });
      throw engineGone(this.settings.ENGINE_URL, error);
    } finally {
      bound.end();
    }
  }

  private readonly send: Send = (options, handler) => {
    this.pool.dispatch(options, handler);
  };

  /** Closes the connections. */
  async onModuleDestroy(): Promise<void> {
    await this.pool.destroy();
  }
}

function headersOf(
  requestId: string,
  { tier, timeoutMs, caller, waitEvents }: Pick<EngineCall, 'tier' | 'timeoutMs' | 'caller' | 'waitEvents'>,
  credentials: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    'content-type': 'application/json',
    [HEADERS.requestId]: requestId,
    [HEADERS.tier]: tier,
    [HEADERS.timeout]: String(timeoutMs),
    [HEADERS.caller]: encodeURIComponent(caller),
    ...(waitEvents ? { [HEADERS.waitEvents]: '1' } : {}),
    ...credentials,
  };
}

/** Why an exchange ends when the client is gone. */
const LEFT = new Error('The client left.');
