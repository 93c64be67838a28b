import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import {
  COMPLETION_MAX_TOKENS,
  DEFAULT_EMBEDDING_MODEL,
  ENGINE_PATHS,
  maxTokensOf,
  promptsOf,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingRequest,
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
