import {
  GENERATION_DEFAULTS,
  MOST_TOKENS,
  maxTokensOf,
  toSamplingWish,
  type GenerationParameters,
} from '@local-llm-agent/contracts';
import type { ModelDefaults } from '@local-llm-agent/config';
import type { Sampling } from '../runtime/runtime.contract.js';

/** What a model brings to every request. */
export interface ModelTerms {
  readonly defaults: ModelDefaults;
  /** What it is told before anything of the client. */
  readonly system?: string | undefined;
}

/** How the tokens of an answer are chosen and where it stops. */
export interface SamplingTerms {
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** Tokens of context that the client insists on. */
  readonly contextLength: number | undefined;
}

/** The request's values, else the model's defaults, else the API's. */
export function toSamplingTerms(request: GenerationParameters, defaults: ModelDefaults): SamplingTerms {
  const { stop, contextLength, temperature, topP, ...rest } = toSamplingWish(request);
  return {
    stop,
    contextLength,
    sampling: {
      temperature: temperature ?? defaults.temperature ?? GENERATION_DEFAULTS.temperature,
      topP: topP ?? defaults.topP ?? GENERATION_DEFAULTS.topP,
      ...rest,
    },
  };
}

/** The sampling of the n-th answer to one prompt: another seed for each, or they would all be the same. */
export function samplingOfChoice(sampling: Sampling, index: number): Sampling {
  return sampling.seed === undefined || index === 0 ? sampling : { ...sampling, seed: sampling.seed + index };
}

/**
 * Most tokens of an answer: those of the request, else of the model, else the usual. A request that leaves it open
 * (Ollama's -1) gets what the model is bounded to, or all of the context.
 */
export function boundOf(request: Parameters<typeof maxTokensOf>[0], defaults: ModelDefaults, usual: number): number {
  const wanted = maxTokensOf(request);
  if (wanted === undefined) return defaults.maxTokens ?? usual;
  return wanted === MOST_TOKENS ? (defaults.maxTokens ?? wanted) : wanted;
}
