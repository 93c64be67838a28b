import type { Sampling } from '../runtime.contract.js';

/** The same as Ollama's default, so that a model answers alike on both runtimes. */
const TOP_K = 40;
/** Seeds are 32 bits; llama.cpp takes the largest as a wish for a random one. */
export const SEEDS = 2 ** 32 - 1;
/** Tokens back, in prompt and answer, whose repetition is punished: as at llama.cpp and Ollama. */
export const PUNISHED_TOKENS = 64;
/** From here down a token is never to come. */
const NEVER = -100;

/** The values of a sampling in the words of node-llama-cpp. */
export interface SamplerValues {
  readonly temperature: number;
  readonly topP: number;
  /** 0 = all tokens. */
  readonly topK: number;
  readonly minP: number;
  readonly seed: number;
}

/** What repetition costs; undefined when it costs nothing. */
export interface Penalties {
  readonly penalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
}

/** @param randomSeed the seed when the request has none */
export function toSamplerValues(sampling: Sampling, randomSeed: number): SamplerValues {
  const { temperature, topP, topK = TOP_K, minP = 0, seed } = sampling;
  return {
    temperature,
    topP,
    topK: Math.max(0, topK),
    minP,
    seed: (seed === undefined ? randomSeed : seed >>> 0) % SEEDS,
  };
}

/** What the sampling says about repetition. */
export function toPenalties(sampling: Sampling): Penalties | undefined {
  const { repeatPenalty: penalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = sampling;
  if (penalty === 1 && presencePenalty === 0 && frequencyPenalty === 0) return undefined;
  return { penalty, presencePenalty, frequencyPenalty };
}

/**
 * What is added to the logits of tokens. Under a grammar a token that must never come is only made very unlikely, or
 * nothing might be left to go on with; control tokens, which would be no part of the text, are kept out instead.
 */
export function toBiases(
  sampling: Sampling,
  constrained: boolean,
  controlTokens: readonly number[],
): readonly (readonly [token: number, logit: number])[] {
  const wished = Object.entries(sampling.logitBias ?? {}).map(
    ([token, bias]) => [Number(token), bias <= NEVER && !constrained ? -Infinity : bias] as const,
  );
  return constrained ? [...wished, ...controlTokens.map((token) => [token, -Infinity] as const)] : wished;
}
