import { describe, expect, it } from '@jest/globals';
import { getMetadataStorage } from 'class-validator';
import type OpenAI from 'openai';
import { ApiError } from '../errors/api-error.js';
import { CompletionRequest } from '../completions/completion-request.dto.js';
import { EmbeddingRequest } from '../embeddings/embedding-request.dto.js';
import { ChatCompletionRequest, toChatCompletionRequest } from './chat-completion-request.dto.js';

/**
 * What becomes of a parameter: `checked` and carried out; `refused` with this value, unless it asks for nothing;
 * `ignored`, because it only says how OpenAI is to cache, bill or watch over the request.
 */
type Fate = 'checked' | 'ignored' | { readonly refused: unknown };

/** Does not compile when OpenAI gets a parameter that nobody has thought about. */
const CHAT: Record<keyof OpenAI.ChatCompletionCreateParamsNonStreaming, Fate> = {
  messages: 'checked',
  model: 'checked',
  audio: { refused: { voice: 'alloy', format: 'mp3' } },
  frequency_penalty: 'checked',
  function_call: { refused: { name: 'f' } },
  functions: { refused: [{ name: 'f' }] },
  logit_bias: 'checked',
  logprobs: 'checked',
  max_completion_tokens: 'checked',
  max_tokens: 'checked',
  metadata: 'checked',
  modalities: { refused: ['audio'] },
  moderation: { refused: { model: 'm' } },
  n: 'checked',
  parallel_tool_calls: 'checked',
  prediction: { refused: { type: 'content', content: 'a' } },
  presence_penalty: 'checked',
  prompt_cache_key: 'ignored',
  prompt_cache_options: 'ignored',
  prompt_cache_retention: 'ignored',
  reasoning_effort: 'checked',
  response_format: 'checked',
  safety_identifier: 'ignored',
  seed: 'checked',
  service_tier: { refused: 'priority' },
  stop: 'checked',
  store: { refused: true },
  stream: 'checked',
  stream_options: 'checked',
  temperature: 'checked',
  tool_choice: 'checked',
  tools: 'checked',
  top_logprobs: 'checked',
  top_p: 'checked',
  user: 'checked',
  verbosity: { refused: 'high' },
  web_search_options: { refused: {} },
};
const COMPLETIONS: Record<keyof OpenAI.CompletionCreateParamsNonStreaming, 'checked'> = {
  model: 'checked',
  prompt: 'checked',
  best_of: 'checked',
  echo: 'checked',
  frequency_penalty: 'checked',
  logit_bias: 'checked',
  logprobs: 'checked',
  max_tokens: 'checked',
  n: 'checked',
  presence_penalty: 'checked',
  seed: 'checked',
  stop: 'checked',
  stream: 'checked',
  stream_options: 'checked',
  suffix: 'checked',
  temperature: 'checked',
  top_p: 'checked',
  user: 'checked',
};
const EMBEDDINGS: Record<keyof OpenAI.EmbeddingCreateParams, 'checked'> = {
  input: 'checked',
  model: 'checked',
  dimensions: 'checked',
  encoding_format: 'checked',
  user: 'checked',
};

function checkedIn(dto: new () => object): Set<string> {
  const checks = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return new Set(checks.map(({ propertyName }) => propertyName));
}

function paramOfRefusal(fields: object): string | undefined {
  try {
    toChatCompletionRequest({ model: 'm', messages: [{ role: 'user', content: 'a' }], ...fields });
  } catch (error) {
    if (error instanceof ApiError) return error.param;
    throw error;
  }
  return undefined;
}

describe('the parameters of OpenAI', () => {
  it.each(Object.entries(CHAT))('of a chat: %s', (name, fate) => {
    expect(checkedIn(ChatCompletionRequest).has(name)).toBe(fate === 'checked');
    if (fate === 'checked') return;
    expect(paramOfRefusal({ [name]: null })).toBeUndefined();
    expect(paramOfRefusal({ [name]: fate === 'ignored' ? 'a' : fate.refused })).toBe(
      fate === 'ignored' ? undefined : name,
    );
  });

  it.each([
    ['chats', ChatCompletionRequest],
    ['completions', CompletionRequest],
    ['embeddings', EmbeddingRequest],
  ])('and those of others that are checked in %s are described in the OpenAPI document', (_, dto) => {
    const described = Reflect.getMetadata('swagger/apiModelPropertiesArray', dto.prototype) as string[];
    expect(described.map((name) => name.slice(1)).sort()).toEqual([...checkedIn(dto)].sort());
  });

  it('of completions and embeddings are all checked', () => {
    expect(Object.keys(COMPLETIONS).filter((name) => !checkedIn(CompletionRequest).has(name))).toEqual([]);
    expect(Object.keys(EMBEDDINGS).filter((name) => !checkedIn(EmbeddingRequest).has(name))).toEqual([]);
  });
});
