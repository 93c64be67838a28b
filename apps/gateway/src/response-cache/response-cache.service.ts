import { createHash, randomUUID } from 'node:crypto';
import type { OnModuleDestroy } from '@nestjs/common';
import { HEADERS } from '@local-llm-agent/contracts';
import type { Dispatcher } from 'undici';
import { AnswerRun, type RunAnswer } from './answer-run.relay.js';
import { headOfKeepable } from './answer-text.policy.js';
import { idPrefix } from './answer-text.translate.js';
import { toKeyText } from './cache-key.translate.js';
import type { CacheStore, Look } from './cache-store.contract.js';
import { tokenBound } from './cacheable.policy.js';
import type { AnswerHead, Recording } from './recording.types.js';
import { replay } from './replay.reader.js';
import type { CachedRequest, CacheOutcome, Detour, Send } from './response-cache.types.js';

/** What the cache needs. */
export interface ResponseCacheParts {
  readonly store: CacheStore;
  /** Largest answer that is kept, or shared by requests that come while it is made. */
  readonly mostEntryBytes: number;
  /** Told of each request that asked the cache. */
  readonly counted: (outcome: CacheOutcome) => void;
}

/** A request on its detour. */
interface Trip {
  readonly request: CachedRequest;
  readonly flight: string;
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  readonly send: Send;
}

/**
 * Answers the same request from what was answered before, and lets those that come while it is answered share that one
 * run. Which requests may, is decided elsewhere; which answers are kept, here.
 */
export class ResponseCache implements OnModuleDestroy {
  /** Runs that others may join. */
  private readonly runs = new Map<string, AnswerRun>();

  constructor(private readonly parts: ResponseCacheParts) {}

  /** The way of a request by the cache. */
  detour(request: CachedRequest): Detour {
    return (options, handler, send) => {
      const { asked, scope, tier, waitEvents, fresh } = request;
      const key = createHash('sha256').update(toKeyText(asked, scope)).digest('base64url');
      const flight = JSON.stringify([key, tier, asked.request.model ?? '', waitEvents]);
      const trip: Trip = { request, flight, options, handler, send };
      if (!fresh && this.joins(trip)) return;
      const look = this.parts.store.look(key);
      if (!(look instanceof Promise)) this.go(trip, look);
      else
        void look.then((found) => {
          this.go(trip, found);
        });
    };
  }

  /** Forgets all answers. Resolves to whether it is done for all gateways that share them. */
  clear(): Promise<boolean> {
    return this.parts.store.clear();
  }

  /** Frees what the store holds. */
  onModuleDestroy(): void {
    this.parts.store.close();
  }

  /**
   * 1. What is kept is played.
   * 2. Else what others wait for is waited for; it may have begun while the store was asked.
   * 3. Else the engine is asked. Who wants a new answer begins here, and those that come later join it.
   */
  private go(trip: Trip, look: Look): void {
    const { request, handler } = trip;
    // 1.
    if (look.recording && !request.fresh) {
      this.tell(trip, 'hit');
      replay(look.recording, freshHead(look.recording, request.knownAs), handler);
      return;
    }
    // 2.
    if (!request.fresh && this.joins(trip)) return;
    // 3.
    this.tell(trip, 'miss');
    this.run(trip, look);
  }

  private joins(trip: Trip): boolean {
    const run = this.runs.get(trip.flight);
    if (!run?.open) return false;
    this.tell(trip, 'shared');
    run.join(trip.handler);
    return true;
  }

  private run({ request: { asked, scope }, flight, options, handler, send }: Trip, look: Look): void {
    const run: AnswerRun = new AnswerRun({
      mostBytes: this.parts.mostEntryBytes,
      headFor: (old) => newHead(old),
      closed: () => {
        if (this.runs.get(flight) === run) this.runs.delete(flight);
      },
      whole: (answer) => {
        const recording = toRecording(answer, tokenBound(asked, scope.definition?.defaults ?? {}));
        if (recording && recording.body.length <= this.parts.mostEntryBytes) look.keep(recording);
      },
    });
    if (!run.lead(handler)) return;
    this.runs.set(flight, run);
    send(options, run);
  }

  private tell({ request }: Trip, outcome: CacheOutcome): void {
    this.parts.counted(outcome);
    request.told(outcome);
  }
}

/** The answer as it is kept, if it may be: one of a fallback may not, since the model itself may be back the next time. */
function toRecording(
  { streaming, headers, trailers, text }: RunAnswer,
  bound: number | undefined,
): Recording | undefined {
  if (headers[HEADERS.fallbackFrom] !== undefined) return undefined;
  const tokens = Number((streaming ? trailers : headers)[HEADERS.completionTokens]);
  const completionTokens = Number.isInteger(tokens) ? tokens : undefined;
  const head = headOfKeepable({ streaming, text, completionTokens }, bound);
  if (!head) return undefined;
  const servedModel = headers[HEADERS.servedModel];
  return {
    streaming,
    contentType: String(headers['content-type']),
    servedModel: typeof servedModel === 'string' ? servedModel : undefined,
    head,
    body: toOwnBuffer(text),
  };
}

/** Not from the pool of small buffers: one that stays would hold on to all that were there beside it. */
function toOwnBuffer(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** An id and a time of its own for an answer that has such. */
function newHead({ id, created }: AnswerHead): AnswerHead {
  return {
    ...(id === undefined ? {} : { id: `${idPrefix(id)}${randomUUID().replaceAll('-', '')}` }),
    ...(created === undefined ? {} : { created: Math.floor(Date.now() / 1000) }),
  };
}

/** The head of a recording that is given again, with the name of the model that this client knows. */
function freshHead({ head, servedModel }: Recording, knownAs: string | undefined): AnswerHead {
  const model = knownAs ?? (servedModel === undefined ? undefined : decodeURIComponent(servedModel));
  return { ...newHead(head), ...(model === undefined ? {} : { model }) };
}
