import type { LoadPlan, ModelMetadata } from '../runtime/runtime.contract.js';

const MIB = 2 ** 20;

/**
 * A runtime's process with its libraries before any model, and what llama.cpp takes for each model whatever its size.
 * This and the figures below were measured with node-llama-cpp 3.22 on SmolLM2 135M and Gemma 3 270M; the spec has the
 * numbers.
 */
const PROCESS_BYTES = 120 * MIB;
/** Texts, scores and look-up tables of one token of the vocabulary. */
const BYTES_PER_VOCABULARY_ENTRY = 640;
const USUAL_VOCABULARY = 64 * 1024;
/** Tokens of a prompt that are worked on at once. */
const BATCH_TOKENS = 512;
/** Numbers of intermediate results at one time, for each number of the embedding. */
const INTERMEDIATES = 16;
const USUAL_EMBEDDING = 4096;
const F16_BYTES = 2;
const F32_BYTES = 4;
/** Stands for cache and buffers where the metadata does not tell their size. */
const UNKNOWN_CACHE_FACTOR = 1.2;

/** Bytes of the key and value cache, or undefined when the metadata does not tell. */
function cacheBytes(metadata: ModelMetadata, plan: LoadPlan): number | undefined {
  const { layers, heads, embeddingLength } = metadata;
  const kvHeads = metadata.kvHeads ?? heads;
  const headLength = embeddingLength !== undefined && heads ? embeddingLength / heads : undefined;
  const keyLength = metadata.keyLength ?? headLength;
  const valueLength = metadata.valueLength ?? headLength;
  if (!layers || !kvHeads || !keyLength || !valueLength) return undefined;
  return layers * kvHeads * (keyLength + valueLength) * F16_BYTES * plan.contextLength * plan.slots;
}

/**
 * Bytes that a model will take when it is loaded like this: weights, key and value cache for every slot, and what the
 * runtime needs around them. Models that keep only a part of the cache (sliding windows) take less.
 */
export function estimateMemory(metadata: ModelMetadata, plan: LoadPlan): number {
  const vocabulary = metadata.vocabularySize ?? USUAL_VOCABULARY;
  const embedding = metadata.embeddingLength ?? USUAL_EMBEDDING;
  const overhead =
    PROCESS_BYTES + vocabulary * BYTES_PER_VOCABULARY_ENTRY + BATCH_TOKENS * embedding * INTERMEDIATES * F32_BYTES;
  const cache = cacheBytes(metadata, plan);
  const model = cache === undefined ? metadata.weightsBytes * UNKNOWN_CACHE_FACTOR : metadata.weightsBytes + cache;
  return Math.ceil(model + overhead);
}
