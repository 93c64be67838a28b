import type { ChatCompletionRequest, ChatMessage } from '@local-llm-agent/contracts';
import { estimateTextTokens } from './text-tokens.estimate.js';

export { estimateTextTokens };

/** Tokens a chat template adds for each message: role, begin and end marks. */
const TOKENS_PER_MESSAGE = 5;
/** Tokens of one image; models differ from 64 to some thousands. */
const TOKENS_PER_IMAGE = 768;

/** About how many tokens a prompt or an input has: texts, or their tokens. */
export function estimateInputTokens(input: string | readonly (string | number | readonly number[])[]): number {
  if (typeof input === 'string') return estimateTextTokens(input);
  return input.reduce<number>((sum, item) => {
    if (typeof item === 'string') return sum + estimateTextTokens(item);
    return sum + (typeof item === 'number' ? 1 : item.length);
  }, 0);
}

function estimateContentTokens(content: ChatMessage['content']): number {
  if (typeof content === 'string') return estimateTextTokens(content);
  return (content ?? []).reduce((sum, part) => {
    if (part.type === 'image_url') return sum + TOKENS_PER_IMAGE;
    return sum + estimateTextTokens(part.type === 'text' ? part.text : part.refusal);
  }, 0);
}

/** About how many tokens the prompt of a chat has, with its tools. */
export function estimateChatTokens({ messages, tools }: Pick<ChatCompletionRequest, 'messages' | 'tools'>): number {
  let tokens = tools && tools.length > 0 ? estimateTextTokens(JSON.stringify(tools)) : 0;
  for (const { content, tool_calls: calls } of messages) {
    tokens += TOKENS_PER_MESSAGE + estimateContentTokens(content);
    if (calls) tokens += estimateTextTokens(JSON.stringify(calls));
  }
  return tokens;
}
