import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import {
  ENGINE_PATHS,
  HEADERS,
  backendUnavailable,
  type ApiError,
  type ChatCompletion,
} from '@local-llm-agent/contracts';
import { RequestWatch, contextOf, type RequestContext } from '@local-llm-agent/http';
import type { Wish } from '../admission/admission.service.js';
import type { Ask } from './ask.types.js';
import { CacheRoad } from './cache-road.service.js';
import { EngineClient } from './engine.client.js';
import { Entrance, type Entry } from './entrance.service.js';
import type { Exchange } from './inference.service.js';

/** A request of a caller that the gateway answers by asking a model, once or several times. */
export interface Inquiry {
  /** What all questions together will take. */
  readonly wish: Wish;
  readonly exchange: Exchange;
  /** Stops it; the client that leaves does so, too. */
  readonly signal: AbortSignal;
}

interface Spending extends Entry {
  readonly wish: Wish;
  readonly exchange: Exchange;
  readonly signal: AbortSignal;
}

const LEFT = backendUnavailable('The client left.', { origin: 'gateway' });

/**
 * Answers a request by questions to the engine. However many there are, the request is admitted once, as one request
 * with the tokens of all of them. The time of the tier holds for each question.
 */
@Injectable()
export class InquiryService {
  constructor(
    private readonly entrance: Entrance,
    private readonly engine: EngineClient,
    private readonly cache: CacheRoad,
    private readonly watch: RequestWatch,
  ) {}

  /** Runs the work; what it asks is stopped when the signal is aborted, the client leaves or the service ends. */
  async run<T>({ wish, exchange, signal }: Inquiry, work: (ask: Ask) => Promise<T>): Promise<T> {
    const { res } = exchange;
    const stop = new AbortController();
    const left = (): void => {
      stop.abort(LEFT);
    };
    res.once('close', left);
    if (res.destroyed) left();
    const forget = this.watch.add({
      deadlineAt: Number.POSITIVE_INFINITY,
      expire: left,
      stop: (error: ApiError) => {
        stop.abort(error);
      },
    });
    try {
      const entry = await this.entrance.admit(exchange, wish);
      const stopped = AbortSignal.any([signal, stop.signal]);
      return await this.spend({ ...entry, wish, exchange, signal: stopped }, work);
    } finally {
      forget();
      res.off('close', left);
    }
  }

  private async spend<T>(spending: Spending, work: (ask: Ask) => Promise<T>): Promise<T> {
    const { ticket, wish, signal, exchange } = spending;
    const { tier, timeoutMs, caller, reservation } = ticket;
    const { res } = exchange;
    const context = contextOf(res);
    context.promptEstimate = wish.promptTokens;
    let used = 0;
    try {
      return await work(async (question) => {
        signal.throwIfAborted();
        const body = Buffer.from(JSON.stringify(question));
        const path = ENGINE_PATHS.chatCompletions;
        const detour = this.cache.detour({ ...spending, asked: { path, request: question } });
        const call = { path, body, tier, timeoutMs, caller, requestId: context.id, ...(detour ? { detour } : {}) };
        const answer = await this.engine.ask(call, signal);
        const completion = readCompletion(answer.text);
        // What was not made for this request has cost nothing, and tells no tokens in its head.
        if (!detour || answer.headers[HEADERS.promptTokens] !== undefined) {
          used += completion.usage?.total_tokens ?? 0;
          note(context, completion);
        }
        passOn(answer.headers, context, res);
        return completion;
      });
    } finally {
      // Of what was stopped nobody tells the tokens: it has cost the prompt at least.
      reservation.settle(signal.aborted ? Math.max(used, wish.promptTokens) : used);
    }
  }
}

function readCompletion(text: string): ChatCompletion {
  let cause: unknown;
  try {
    const completion = JSON.parse(text) as Partial<ChatCompletion> | null;
    if (Array.isArray(completion?.choices) && completion.choices[0]?.message) return completion as ChatCompletion;
  } catch (error) {
    cause = error;
  }
  throw backendUnavailable('The inference engine answered without a readable chat completion.', {
    origin: 'engine',
    cause,
  });
}

/** Tokens of all questions count together. */
function note(context: RequestContext, { usage }: ChatCompletion): void {
  context.promptTokens = (context.promptTokens ?? 0) + (usage?.prompt_tokens ?? 0);
  context.completionTokens = (context.completionTokens ?? 0) + (usage?.completion_tokens ?? 0);
}

function passOn(headers: IncomingHttpHeaders, context: RequestContext, res: ServerResponse): void {
  const model = headers[HEADERS.servedModel];
  if (typeof model === 'string') context.model = decodeURIComponent(model);
  const wait = Number(headers[HEADERS.queueMs]);
  if (Number.isInteger(wait)) context.queueMs = (context.queueMs ?? 0) + wait;
  const fallback = headers[HEADERS.fallbackFrom];
  if (typeof fallback === 'string' && !res.headersSent) res.setHeader(HEADERS.fallbackFrom, fallback);
}
