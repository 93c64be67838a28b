import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import {
  ENGINE_PATHS,
  HEADERS,
  backendUnavailable,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingRequest,
  type EngineTokenCount,
  type ModelResidence,
  type TextCompletion,
} from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import type { Wish } from '../admission/admission.service.js';
import { usedTokens } from '../admission/used-tokens.policy.js';
import { wishOfChat, wishOfCompletion, wishOfEmbedding } from '../admission/wish.translate.js';
import type { CacheableRequest } from '../response-cache/cacheable.policy.js';
import type { AnswerTranslator } from './answer-translator.types.js';
import { CacheRoad } from './cache-road.service.js';
import { EngineClient } from './engine.client.js';
import { Entrance } from './entrance.service.js';

/** Where a request comes from and where its answer goes. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

interface Order {
  readonly asked: CacheableRequest;
  readonly body: Buffer;
  readonly streaming: boolean;
  readonly wish: Wish;
  readonly translator?: AnswerTranslator<unknown>;
}

/** The one road to the engine: admit, send, settle. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly entrance: Entrance,
    private readonly engine: EngineClient,
    private readonly cache: CacheRoad,
  ) {}

  /** Answers a chat that was validated; `body` is its body as the client sent it. */
  chat(request: ChatCompletionRequest, body: Buffer, exchange: Exchange): Promise<void> {
    return this.answer(this.chatOrder(request, body), exchange);
  }

  /** Answers a chat that was translated from another dialect, in that dialect. */
  translatedChat(request: ChatCompletionRequest, translator: AnswerTranslator, exchange: Exchange): Promise<void> {
    const order = this.chatOrder(request, Buffer.from(JSON.stringify(request)));
    return this.answer({ ...order, translator }, exchange);
  }

  /** Goes on from prompts. */
  complete(request: CompletionRequest, body: Buffer, exchange: Exchange): Promise<void> {
    return this.answer(this.completionOrder(request, body), exchange);
  }

  /** Goes on from a prompt that was translated from another dialect, in that dialect. */
  translatedCompletion(
    request: CompletionRequest,
    translator: AnswerTranslator<TextCompletion>,
    exchange: Exchange,
  ): Promise<void> {
    const order = this.completionOrder(request, Buffer.from(JSON.stringify(request)));
    return this.answer({ ...order, translator }, exchange);
  }

  /** Turns texts into vectors. */
  embed(request: EmbeddingRequest, body: Buffer, exchange: Exchange): Promise<void> {
    return this.answer(this.embeddingOrder(request, body), exchange);
  }

  /** Turns texts of another dialect into vectors, in that dialect. */
  translatedEmbedding(
    request: EmbeddingRequest,
    translator: AnswerTranslator<unknown>,
    exchange: Exchange,
  ): Promise<void> {
    const order = this.embeddingOrder(request, Buffer.from(JSON.stringify(request)));
    return this.answer({ ...order, translator }, exchange);
  }

  /** Brings a model into memory, or out of it. Counts as a request without tokens. */
  residence(
    change: { readonly path: string; readonly model: string; readonly purpose: 'generation' | 'embedding' },
    exchange: Exchange,
    signal: AbortSignal,
  ): Promise<ModelResidence> {
    const { path, model, purpose } = change;
    const wish = { model, promptTokens: 0, answerTokens: 0 };
    return this.ask({ path, body: { model, purpose }, wish }, exchange, signal);
  }

  /** Counts the tokens that the prompt of a chat has. Rejects with an ApiError. */
  count(request: ChatCompletionRequest, exchange: Exchange): Promise<EngineTokenCount> {
    const gone = new AbortController();
    exchange.res.once('close', () => {
      gone.abort(backendUnavailable('The client left.'));
    });
    const wish = { ...wishOfChat(request), answerTokens: 0 };
    return this.ask({ path: ENGINE_PATHS.countTokens, body: request, wish }, exchange, gone.signal);
  }

  /** The answer of an engine route that makes no tokens. */
  private async ask<T>(
    { path, body, wish }: { readonly path: string; readonly body: object; readonly wish: Wish },
    exchange: Exchange,
    signal: AbortSignal,
  ): Promise<T> {
    const { res } = exchange;
    const context = contextOf(res);
    const { ticket } = await this.entrance.admit(exchange, wish);
    const { tier, timeoutMs, caller, reservation } = ticket;
    try {
      const bytes = Buffer.from(JSON.stringify(body));
      const call = { path, body: bytes, tier, timeoutMs, caller, requestId: context.id };
      const { text, headers } = await this.engine.ask(call, signal);
      const fallbackFrom = headers[HEADERS.fallbackFrom];
      if (fallbackFrom !== undefined) res.setHeader(HEADERS.fallbackFrom, fallbackFrom);
      return JSON.parse(text) as T;
    } finally {
      reservation.settle(0);
    }
  }

  private completionOrder(request: CompletionRequest, body: Buffer): Order {
    const wish = wishOfCompletion(request);
    return { asked: { path: ENGINE_PATHS.completions, request }, body, wish, streaming: request.stream === true };
  }

  private embeddingOrder(request: EmbeddingRequest, body: Buffer): Order {
    const asked = { path: ENGINE_PATHS.embeddings, request };
    return { asked, body, wish: wishOfEmbedding(request), streaming: false };
  }

  private chatOrder(request: ChatCompletionRequest, body: Buffer): Order {
    const asked = { path: ENGINE_PATHS.chatCompletions, request };
    return { asked, body, wish: wishOfChat(request), streaming: request.stream === true };
  }

  private async answer({ asked, body, streaming, wish, translator }: Order, exchange: Exchange): Promise<void> {
    const { req, res } = exchange;
    const context = contextOf(res);
    context.streaming = streaming;
    const entry = this.entrance.admit(exchange, wish);
    // Limits in memory let nothing be waited for.
    const { ticket, control } = entry instanceof Promise ? await entry : entry;
    const { reservation, tier, timeoutMs, caller } = ticket;
    context.promptEstimate = wish.promptTokens;
    let failed = true;
    try {
      const detour = this.cache.detour({ asked, control, ticket, exchange });
      const waitEvents = req.headers[HEADERS.waitEvents] === '1';
      const { path } = asked;
      await this.engine.relay({ path, body, tier, timeoutMs, caller, streaming, waitEvents, translator, detour }, res);
      failed = false;
    } finally {
      const { prompt, completion } = usedTokens(context, failed);
      reservation.settle(prompt + completion);
    }
  }
}
