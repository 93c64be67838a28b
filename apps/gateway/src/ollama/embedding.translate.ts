import type { ApiError, EmbeddingList, OllamaEmbedRequest, OllamaEmbeddingsRequest } from '@local-llm-agent/contracts';
import { ollamaErrorBody } from '../http/error.translate.js';
import type { AnswerTranslator } from '../inference/answer.translator.js';
import { toMetrics } from './canonical-answer.parse.js';

type Fields = Record<string, unknown>;

/** `/api/embed` as a canonical request, still to be checked; undefined when there is nothing to embed. */
export function toEmbedding(request: OllamaEmbedRequest): Fields | undefined {
  const { model, input, dimensions } = request;
  if (input === undefined || input === null || input.length === 0) return undefined;
  return { model, input, dimensions: dimensions === 0 ? undefined : dimensions, include_timings: true };
}

/** `/api/embeddings` as a canonical request, still to be checked; undefined when there is nothing to embed. */
export function toOldEmbedding({ model, prompt }: OllamaEmbeddingsRequest): Fields | undefined {
  return prompt ? { model, input: prompt } : undefined;
}

/** The answer of `/api/embed`. */
export function writeEmbed(body: string): string {
  const { model, data, usage, timings } = JSON.parse(body) as EmbeddingList;
  const metrics = toMetrics({ prompt_tokens: usage.prompt_tokens, completion_tokens: 0 }, timings);
  return JSON.stringify({
    model,
    embeddings: data.map(({ embedding }) => embedding),
    total_duration: metrics?.total_duration,
    load_duration: metrics?.load_duration,
    prompt_eval_count: metrics?.prompt_eval_count,
  });
}

/** The answer of `/api/embeddings`. */
export function writeOldEmbedding(body: string): string {
  const { data } = JSON.parse(body) as EmbeddingList;
  return JSON.stringify({ embedding: data[0]?.embedding ?? [] });
}

/** A translator for answers that are never streamed. */
export function plainAnswer(whole: (body: string) => string): AnswerTranslator<unknown> {
  return {
    contentType: 'application/json; charset=utf-8',
    whole,
    chunk: () => '',
    waiting: () => '',
    end: () => '',
    error: (error: ApiError) => ollamaErrorBody(error),
  };
}
