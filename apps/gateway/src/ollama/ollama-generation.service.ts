import { Inject, Injectable } from '@nestjs/common';
import {
  ApiError,
  ENGINE_PATHS,
  invalidRequest,
  toChatCompletionRequest,
  toCompletionRequest,
  toEmbeddingRequest,
  withStatus,
  type OllamaChatRequest,
  type OllamaEmbedRequest,
  type OllamaEmbeddingsRequest,
  type OllamaGenerateRequest,
  type ShownModel,
} from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { contextOf } from '@local-llm-agent/http';
import { ModelAccess } from '../admission/model-access.service.js';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { sendJson } from '../http/json.writer.js';
import { EngineManagementClient } from '../inference/engine-management.client.js';
import { InferenceService, type Exchange } from '../inference/inference.service.js';
import { toChat } from './chat-request.translate.js';
import { plainAnswer, toEmbedding, toOldEmbedding, writeEmbed, writeOldEmbedding } from './embedding.translate.js';
import {
  isPlainText,
  refuseConflicts,
  toConversation,
  toGenerateChat,
  toGenerateCompletion,
} from './generate-request.translate.js';
import { chatAnswer, completionAnswer, writeChatLine, writeGenerateLine } from './ollama-answer.translate.js';
import { NOTHING, type LineWriter } from './ollama.types.js';
import { wantsUnload } from './request-fields.translate.js';

/** Longest time that the description of a model may take. */
const LOOK_TIMEOUT_MS = 10_000;

const now = (): string => new Date().toISOString();

/** Defined fields only: what is undefined here counts as not sent. */
function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A prompt that is too long is a 400 at Ollama. */
function inOllamaStatus(error: unknown): unknown {
  return error instanceof ApiError && error.code === 'context_length_exceeded' ? withStatus(error, 400) : error;
}

/** Texts and embeddings for Ollama's clients, on the same road as everybody's. */
@Injectable()
export class OllamaGenerationService {
  constructor(
    private readonly inference: InferenceService,
    private readonly management: EngineManagementClient,
    private readonly access: ModelAccess,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Answers `/api/chat`; without messages it loads or unloads the model. */
  async chat(request: OllamaChatRequest, exchange: Exchange): Promise<void> {
    await this.checkThinking(request, exchange);
    if ((request.messages ?? []).length === 0) {
      await this.changeResidence(request, writeChatLine, exchange);
      return;
    }
    const chat = toChatCompletionRequest(defined(toChat(request, this.isBounded(request.model))));
    await this.run(
      this.inference.translatedChat(chat, chatAnswer({ write: writeChatLine, now, model: request.model }), exchange),
    );
  }

  /** Answers `/api/generate`; without a prompt it loads or unloads the model. */
  async generate(request: OllamaGenerateRequest, exchange: Exchange): Promise<void> {
    await this.checkThinking(request, exchange);
    if (!request.prompt) {
      await this.changeResidence(request, writeGenerateLine, exchange);
      return;
    }
    refuseConflicts(request);
    const { model } = request;
    const bounded = this.isBounded(model);
    if (isPlainText(request)) {
      const completion = toCompletionRequest(defined(toGenerateCompletion(request, bounded)));
      const answer = completionAnswer({ write: writeGenerateLine, now, model });
      await this.run(this.inference.translatedCompletion(completion, answer, exchange));
      return;
    }
    const chat = toChatCompletionRequest(defined(toGenerateChat(request, bounded)));
    const answer = chatAnswer({ write: writeGenerateLine, now, model, conversation: toConversation(request) });
    await this.run(this.inference.translatedChat(chat, answer, exchange));
  }

  /** Answers `/api/embed`; without an input it loads or unloads the model. */
  async embed(request: OllamaEmbedRequest, exchange: Exchange): Promise<void> {
    const fields = toEmbedding(request);
    if (fields) {
      const embedding = toEmbeddingRequest(defined(fields));
      await this.run(this.inference.translatedEmbedding(embedding, plainAnswer(writeEmbed), exchange));
      return;
    }
    const model = await this.residence(request, 'embedding', exchange);
    sendJson(JSON.stringify({ model, embeddings: [] }), exchange.res);
  }

  /** Answers `/api/embeddings`; without a prompt it loads or unloads the model. */
  async embedOld(request: OllamaEmbeddingsRequest, exchange: Exchange): Promise<void> {
    const fields = toOldEmbedding(request);
    if (fields) {
      const embedding = toEmbeddingRequest(fields);
      await this.run(this.inference.translatedEmbedding(embedding, plainAnswer(writeOldEmbedding), exchange));
      return;
    }
    await this.residence(request, 'embedding', exchange);
    sendJson(JSON.stringify({ embedding: [] }), exchange.res);
  }

  private async run(answer: Promise<void>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      throw inOllamaStatus(error);
    }
  }

  private isBounded(model: string): boolean {
    return this.catalog.find(model)?.defaults.maxTokens !== undefined;
  }

  /** As at Ollama, thinking cannot be asked of a model that does not think. */
  private async checkThinking(
    request: OllamaChatRequest | OllamaGenerateRequest,
    { req, res }: Exchange,
  ): Promise<void> {
    const { think, model } = request;
    if (think === undefined || think === null || think === false) return;
    // Of a model that the caller may not use nothing is told.
    this.access.require(req, model);
    const text = await this.management.text({
      method: 'POST',
      path: ENGINE_PATHS.show,
      body: { model },
      requestId: contextOf(res).id,
      signal: AbortSignal.timeout(LOOK_TIMEOUT_MS),
    });
    if ((JSON.parse(text) as ShownModel).capabilities.includes('thinking')) return;
    throw invalidRequest(`"${model}" does not support thinking`, { param: 'think' });
  }

  private async changeResidence(
    request: OllamaChatRequest | OllamaGenerateRequest,
    write: LineWriter,
    exchange: Exchange,
  ): Promise<void> {
    const model = await this.residence(request, 'generation', exchange);
    const line = JSON.parse(write({ model, createdAt: now() }, NOTHING)) as object;
    const reason = wantsUnload(request) ? 'unload' : 'load';
    sendJson(JSON.stringify({ ...line, done: true, done_reason: reason }), exchange.res);
  }

  /** Loads or unloads the model of the request; gives its name. */
  private async residence(
    request: { model: string; keep_alive?: string | number | null },
    purpose: 'generation' | 'embedding',
    exchange: Exchange,
  ): Promise<string> {
    const path = wantsUnload(request) ? ENGINE_PATHS.unloadModel : ENGINE_PATHS.loadModel;
    const abort = new AbortController();
    exchange.res.once('close', () => {
      if (!exchange.res.writableFinished) abort.abort(new Error('The client left.'));
    });
    const { model } = await this.inference.residence({ path, model: request.model, purpose }, exchange, abort.signal);
    return model;
  }
}
