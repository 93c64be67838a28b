import type { ChatInput, GenerationCall, Sampling } from '../src/runtime/runtime.contract.js';

/** How tokens are chosen where a request says nothing but the temperature. */
export const SAMPLING: Sampling = {
  temperature: 0,
  topP: 1,
  topK: undefined,
  minP: undefined,
  repeatPenalty: undefined,
  presencePenalty: undefined,
  frequencyPenalty: undefined,
  logitBias: undefined,
  seed: undefined,
};

/** A chat with these messages of the user, without anything else. */
export function chatOf(...contents: readonly string[]): ChatInput {
  return {
    type: 'chat',
    messages: contents.map((content) => ({ role: 'user', content })),
    tools: [],
    effort: undefined,
    templateOptions: {},
  };
}

/** A chat for a short text as it comes, but for what is given. */
export function callOf(change: Partial<GenerationCall> = {}): GenerationCall {
  return {
    plan: { name: 'm', contextLength: 1024, slots: 1 },
    input: chatOf('Hi'),
    sampling: SAMPLING,
    maxTokens: 12,
    stop: [],
    tellStop: false,
    unknownFields: {},
    format: { type: 'text' },
    logprobs: undefined,
    stream: true,
    ...change,
  };
}
