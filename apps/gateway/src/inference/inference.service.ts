import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import {
  COMPLETION_MAX_TOKENS,
  DEFAULT_EMBEDDING_MODEL,
  ENGINE_PATHS,
  HEADERS,
  backendUnavailable,
  maxTokensOf,
  promptsOf,
  type ChatCompletion,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingRequest,
  type EngineTokenCount,
} from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { AdmissionService, type Wish } from '../admission/admission.service.js';
import { estimateChatTokens, estimateInputTokens } from '../admission/token.estimate.js';
import type { AnswerTranslator } from './answer.translator.js';
import { EngineClient } from './engine.client.js';

/** Where a request comes from and where its answer goes. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

interface Order {
  readonly path: string;
  readonly body: Buffer;
  readonly streaming: boolean;
  readonly wish: Wish;
  readonly translator?: AnswerTranslator;
}

/** The one road to the engine: admit, send, settle. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly admission: AdmissionService,
    private readonly engine: EngineClient,
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

  /**
   * Answers a chat that the gateway asks for a caller; the answer stays here. Rejects with an ApiError, or with the
   * reason of the signal.
   */
  async ask(request: ChatCompletionRequest, { req, res }: Exchange, signal: AbortSignal): Promise<ChatCompletion> {
    const { path, body, wish } = this.chatOrder(request, Buffer.from(JSON.stringify(request)));
    const context = contextOf(res);
    const { tier, timeoutMs, reservation } = await this.admission.admit(req, wish, (decided) => {
      context.tier = decided;
    });
    let used = 0;
    try {
      const { text } = await this.engine.ask({ path, body, tier, timeoutMs, requestId: context.id }, signal);
      const completion = JSON.parse(text) as ChatCompletion;
      used = completion.usage?.total_tokens ?? 0;
      return completion;
    } finally {
      reservation.settle(used);
    }
  }

  /** Counts the tokens that the prompt of a chat has. Rejects with an ApiError. */
  async count(request: ChatCompletionRequest, { req, res }: Exchange): Promise<EngineTokenCount> {
    const context = contextOf(res);
    const gone = new AbortController();
    res.once('close', () => {
      gone.abort(backendUnavailable('The client left.'));
    });
    const wish = { model: request.model, promptTokens: estimateChatTokens(request), answerTokens: 0 };
    const { tier, timeoutMs, reservation } = await this.admission.admit(req, wish, (decided) => {
      context.tier = decided;
    });
    try {
      const body = Buffer.from(JSON.stringify(request));
      const call = { path: ENGINE_PATHS.countTokens, body, tier, timeoutMs, requestId: context.id };
      const { text, headers } = await this.engine.ask(call, gone.signal);
      const fallbackFrom = headers[HEADERS.fallbackFrom];
      if (fallbackFrom !== undefined) res.setHeader(HEADERS.fallbackFrom, fallbackFrom);
      return JSON.parse(text) as EngineTokenCount;
    } finally {
      // A count makes no tokens.
      reservation.settle(0);
    }
  }

  /** Goes on from prompts. */
  complete(request: CompletionRequest, body: Buffer, exchange: Exchange): Promise<void> {
    const prompts = promptsOf(request);
    const choices = prompts.length * (request.n ?? 1);
    const wish = {
      model: request.model,
      promptTokens: estimateInputTokens(request.prompt),
      answerTokens: choices * (maxTokensOf(request) ?? COMPLETION_MAX_TOKENS),
    };
    return this.answer({ path: ENGINE_PATHS.completions, body, wish, streaming: request.stream === true }, exchange);
  }

  /** Turns texts into vectors. */
  embed(request: EmbeddingRequest, body: Buffer, exchange: Exchange): Promise<void> {
    const wish = {
      model: request.model ?? DEFAULT_EMBEDDING_MODEL,
      promptTokens: estimateInputTokens(request.input),
      answerTokens: 0,
    };
    return this.answer({ path: ENGINE_PATHS.embeddings, body, wish, streaming: false }, exchange);
  }

  private chatOrder(request: ChatCompletionRequest, body: Buffer): Order {
    const each = maxTokensOf(request);
    const wish = {
      model: request.model,
      promptTokens: estimateChatTokens(request),
      answerTokens: each === undefined ? undefined : each * (request.n ?? 1),
    };
    return { path: ENGINE_PATHS.chatCompletions, body, wish, streaming: request.stream === true };
  }

  private async answer({ path, body, streaming, wish, translator }: Order, { req, res }: Exchange): Promise<void> {
    const context = contextOf(res);
    const { tier, timeoutMs, reservation } = await this.admission.admit(req, wish, (decided) => {
      context.tier = decided;
    });
    try {
      await this.engine.relay({ path, body, tier, timeoutMs, streaming, ...(translator ? { translator } : {}) }, res);
    } finally {
      reservation.settle(this.usedTokens(res, wish.promptTokens));
    }
  }

  /** Tokens that count against the limit: the real ones, else (error, client gone) those of the prompt if it ran. */
  private usedTokens(res: ServerResponse, promptTokens: number): number {
    const context = contextOf(res);
    if (context.promptTokens !== undefined) return context.promptTokens + (context.completionTokens ?? 0);
    return res.headersSent && !context.error ? promptTokens : 0;
  }
}
