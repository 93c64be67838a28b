import type { ChatCompletion, ChatCompletionRequest } from '@local-llm-agent/contracts';

/** Asks the model one question. Rejects with an ApiError, or with the reason why the inquiry was stopped. */
export type Ask = (question: ChatCompletionRequest) => Promise<ChatCompletion>;
