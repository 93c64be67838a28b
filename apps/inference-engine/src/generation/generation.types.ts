import type { FinishReason, Timings, TokenLogprob, Usage } from '@local-llm-agent/contracts';
import type { AnswerEvent, GenerationCall, ToolCall } from '../runtime/runtime.contract.js';

/** What all parts of one answer share. */
export interface AnswerHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

/** A call that lacks only how the model is held. */
export type CallDraft = Omit<GenerationCall, 'plan'>;

/** One whole answer. */
export interface Choice {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly logprobs: readonly TokenLogprob[];
  readonly reason: FinishReason;
  /** The stop text that ended it, where the runtime tells. */
  readonly stopText?: string | undefined;
}

/** Writes answers in the shape of one endpoint. */
export interface AnswerEncoder {
  /** Told the tokens of the prompt before the first event, where the request asked for it. */
  prompt?(tokens: number): void;
  /** Server-sent events for a batch of events of one choice. */
  encode(index: number, events: readonly AnswerEvent[]): string;
  /** The end of the stream, after the last choice has finished. */
  close(usage: Usage, timings: Timings): string;
  /** The whole answer as JSON. */
  whole(choices: readonly Choice[], usage: Usage, timings: Timings): string;
}

/** Changes events on their way, such as tags in the text into events. One for each choice. */
export interface EventReader {
  read(events: readonly AnswerEvent[]): readonly AnswerEvent[];
}
