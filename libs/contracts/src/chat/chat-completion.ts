import type OpenAI from 'openai';
import type { Timings } from '../generation/timings.dto.js';

/** Why the answer ended. */
export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** Tokens of one request, counted by the runtime's own tokenizer. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Tokens of the prompt that were in the cache, where the runtime tells. */
  readonly cachedTokens?: number;
}

/** A message of an answer: OpenAI's, and the reasoning as DeepSeek and vLLM send it. */
export type AnswerMessage = OpenAI.ChatCompletionMessage & { reasoning_content?: string };

/** The plain answer, in OpenAI's type. `stop_reason` is vLLM's: the stop text that was met, where the runtime tells. */
export type ChatCompletion = Omit<OpenAI.ChatCompletion, 'choices'> & {
  timings?: Timings;
  choices: (Omit<OpenAI.ChatCompletion.Choice, 'message'> & { message: AnswerMessage; stop_reason?: string })[];
};

/** What one event adds to the answer. */
export type ChatDelta = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string };

/** One event of a streamed answer, in OpenAI's type. */
export type ChatCompletionChunk = Omit<OpenAI.ChatCompletionChunk, 'choices'> & {
  timings?: Timings;
  choices: (Omit<OpenAI.ChatCompletionChunk.Choice, 'delta'> & { delta: ChatDelta; stop_reason?: string })[];
};

/** A completion of the old form, whole or one event of it. */
export type TextCompletion = OpenAI.Completion & { timings?: Timings };

/** The likelihood of a token and of those that could have stood in its place. */
export type TokenLogprob = OpenAI.ChatCompletionTokenLogprob;

/** Usage in the wire form. */
export function toUsageObject(usage: Usage): OpenAI.CompletionUsage {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    ...(usage.cachedTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: usage.cachedTokens } }),
  };
}
