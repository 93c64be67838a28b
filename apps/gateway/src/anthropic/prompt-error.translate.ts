import { parseContextExcess, reworded, toApiError, withStatus, type ApiError } from '@local-llm-agent/contracts';
import type { AnthropicMessagesRequest } from '@local-llm-agent/contracts';

/**
 * An error as Anthropic gives it: a prompt that is too long is a 400 there, and 413 is a body with too many bytes.
 * 1. In a conversation that goes on it is told in Anthropic's own words. By these agents know to summarize what was
 *    said, and try again.
 * 2. Where nothing was answered yet there is nothing to summarize, so that an agent who tried would try for ever: it
 *    gets a plain refusal, which it shows.
 */
export function toPromptError(thrown: unknown, { messages }: Pick<AnthropicMessagesRequest, 'messages'>): ApiError {
  const error = toApiError(thrown);
  if (error.code !== 'context_length_exceeded') return error;
  const refusal = withStatus(error, 400);
  const excess = parseContextExcess(error);
  // 2.
  if (!excess || !messages.some(({ role }) => role === 'assistant')) return refusal;
  // 1.
  const { promptTokens, contextLength, advice } = excess;
  const message = `prompt is too long: ${promptTokens} tokens > ${contextLength} maximum. ${advice}`;
  return reworded(refusal, { message, param: error.param ?? 'messages' });
}
