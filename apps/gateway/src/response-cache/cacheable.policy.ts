import {
  COMPLETION_MAX_TOKENS,
  ENGINE_PATHS,
  GENERATION_DEFAULTS,
  MOST_TOKENS,
  maxTokensOf,
  promptsOf,
  toSamplingWish,
  type ChatCompletionRequest,
  type CompletionRequest,
  type EmbeddingRequest,
} from '@local-llm-agent/contracts';
import type { ModelDefaults } from '@local-llm-agent/config';

/** A request that was checked, with the path of the engine that it is for. */
export type CacheableRequest =
  | { readonly path: typeof ENGINE_PATHS.chatCompletions; readonly request: ChatCompletionRequest }
  | { readonly path: typeof ENGINE_PATHS.completions; readonly request: CompletionRequest }
  | { readonly path: typeof ENGINE_PATHS.embeddings; readonly request: EmbeddingRequest };

/**
 * Whether the same request is promised the same answer: vectors, and texts at temperature 0 or with a seed. What the
 * request does not say, the model's defaults do.
 */
export function isDeterministic({ path, request }: CacheableRequest, defaults: ModelDefaults): boolean {
  if (path === ENGINE_PATHS.embeddings) return true;
  const { temperature, seed } = toSamplingWish(request);
  return seed !== undefined || (temperature ?? defaults.temperature) === 0;
}

/**
 * Most tokens that the answer was to have, where it is one answer: one that has fewer and was cut all the same was cut by
 * the end of the context. Undefined where there are several answers, whose tokens are only told together.
 */
export function tokenBound({ path, request }: CacheableRequest, defaults: ModelDefaults): number | undefined {
  if (path === ENGINE_PATHS.embeddings) return undefined;
  const choices = (path === ENGINE_PATHS.completions ? promptsOf(request).length : 1) * (request.n ?? 1);
  if (choices !== 1) return undefined;
  const usual = path === ENGINE_PATHS.completions ? COMPLETION_MAX_TOKENS : GENERATION_DEFAULTS.maxTokens;
  const asked = maxTokensOf(request);
  if (asked === undefined) return defaults.maxTokens ?? usual;
  return asked === MOST_TOKENS ? (defaults.maxTokens ?? asked) : asked;
}
