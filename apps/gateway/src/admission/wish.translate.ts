import {
  COMPLETION_MAX_TOKENS,
  DEFAULT_EMBEDDING_MODEL,
  MOST_TOKENS,
  maxTokensOf,
  promptsOf,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingRequest,
} from '@local-llm-agent/contracts';
import { estimateChatTokens, estimateInputTokens } from './token.estimate.js';
import type { Wish } from './wish.types.js';

/** Tokens that all answers together may have; one without any bound is reckoned as one that does not say. */
function answerTokensOf(each: number | undefined, choices: number): number | undefined {
  return each === undefined || each === MOST_TOKENS ? undefined : each * choices;
}

function hasImages({ messages }: ChatCompletionRequest): boolean {
  return messages.some(({ content }) => Array.isArray(content) && content.some((part) => part.type === 'image_url'));
}

/** What a chat wants. */
export function wishOfChat(request: ChatCompletionRequest): Wish {
  const { model, tools, tool_choice: choice, response_format: format, n } = request;
  return {
    model,
    promptTokens: estimateChatTokens(request),
    answerTokens: answerTokensOf(maxTokensOf(request), n ?? 1),
    needs: {
      tools: (tools?.length ?? 0) > 0 && choice !== 'none',
      images: hasImages(request),
      schema: format?.type === 'json_schema',
    },
  };
}

/** What going on from prompts wants. */
export function wishOfCompletion(request: CompletionRequest): Wish {
  const choices = promptsOf(request).length * (request.n ?? 1);
  return {
    model: request.model,
    promptTokens: estimateInputTokens(request.prompt),
    answerTokens: answerTokensOf(maxTokensOf(request) ?? COMPLETION_MAX_TOKENS, choices),
  };
}

/** What vectors of texts want. */
export function wishOfEmbedding({ model, input }: EmbeddingRequest): Wish {
  return { model: model ?? DEFAULT_EMBEDDING_MODEL, promptTokens: estimateInputTokens(input), answerTokens: 0 };
}
