import type { OllamaToolCall } from '@local-llm-agent/contracts';

/** The log-probability of a token, in Ollama's shape. */
export interface OllamaLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs?: readonly Omit<OllamaLogprob, 'top_logprobs'>[];
}

/** A part of an answer, or a whole one, whatever the engine's event was. */
export interface AnswerPiece {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly OllamaToolCall[];
  readonly logprobs: readonly OllamaLogprob[];
}

/** The fields of times and counts at the end of an answer: durations in nanoseconds. */
export interface AnswerMetrics {
  readonly total_duration: number;
  readonly load_duration: number;
  readonly prompt_eval_count: number;
  readonly prompt_eval_duration: number;
  readonly eval_count: number;
  readonly eval_duration: number;
}

/** How an answer ended. */
export interface AnswerEnd {
  readonly reason: string;
  readonly metrics: AnswerMetrics;
  /** What `/api/generate` gives to be sent back with the next prompt. */
  readonly context?: readonly number[];
}

/** Which answer a line belongs to. */
export interface LineHead {
  readonly model: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Writes one object of an answer; with an end it is the last one. */
export type LineWriter = (head: LineHead, piece: AnswerPiece, end?: AnswerEnd) => string;

/** A piece with nothing in it. */
export const NOTHING: AnswerPiece = { text: '', thinking: '', toolCalls: [], logprobs: [] };
