import type OpenAI from 'openai';

/** Why the answer ended. */
export type FinishReason = 'stop' | 'length';

/** Tokens of one request, counted by the runtime's own tokenizer. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** The plain answer, in OpenAI's type. */
export type ChatCompletion = OpenAI.ChatCompletion;

/** One event of a streamed answer, in OpenAI's type. */
export type ChatCompletionChunk = OpenAI.ChatCompletionChunk;

/** Usage in the wire form. */
export function toUsageObject(usage: Usage): OpenAI.CompletionUsage {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}
