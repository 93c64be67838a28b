import type { CacheType, LayerMemory, LoadPlan, ModelMetadata } from '../runtime/runtime.contract.js';

/** Bytes of one number of the cache. The quantised kinds have a scale of 2 bytes for every 32 numbers. */
const CACHE_BYTES: Readonly<Record<CacheType, number>> = { f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 };
const F32_BYTES = 4;
/** Numbers of intermediate results at one time, for each number of the embedding; measured, see the spec. */
const INTERMEDIATES = 16;
const USUAL_EMBEDDING = 4096;
/** Stands for cache and buffers where the metadata does not tell their size. */
const UNKNOWN_CACHE_FACTOR = 1.2;

function batchTokens({ holding }: ModelMetadata, { contextLength }: LoadPlan): number {
  return holding.batchTokens === 'context' ? contextLength : holding.batchTokens;
}

/** Bytes that a layer keeps for one context. */
function layerBytes(layer: LayerMemory, plan: LoadPlan, metadata: ModelMetadata): number {
  const { contextLength } = plan;
  const { numbersPerToken, window, stateNumbers } = layer;
  // A window moves on with each batch, so there has to be room for both.
  const tokens = window === undefined ? contextLength : Math.min(contextLength, window + batchTokens(metadata, plan));
  return tokens * numbersPerToken * CACHE_BYTES[metadata.holding.cacheType] + stateNumbers * F32_BYTES;
}

/** Bytes of intermediate results while a batch is worked on. */
function bufferBytes(metadata: ModelMetadata, plan: LoadPlan): number {
  const { embeddingLength = USUAL_EMBEDDING, heads = 0, holding } = metadata;
  const scores = holding.keepsScores ? heads * plan.contextLength : 0;
  return batchTokens(metadata, plan) * (embeddingLength * INTERMEDIATES + scores) * F32_BYTES;
}

/**
 * Bytes that a model will take when it is loaded like this: weights, what its layers keep for every context, buffers,
 * and what the runtime needs around them.
 */
export function estimateMemory(metadata: ModelMetadata, plan: LoadPlan): number {
  const { weightsBytes, layers, holding } = metadata;
  const contexts = holding.contexts ?? plan.slots;
  const cache = layers?.reduce((sum, layer) => sum + layerBytes(layer, plan, metadata), 0);
  const model = cache === undefined ? weightsBytes * UNKNOWN_CACHE_FACTOR : weightsBytes + cache * contexts;
  const around = holding.fixedBytes + holding.bytesPerToken * plan.contextLength * contexts;
  return Math.ceil(model + bufferBytes(metadata, plan) + around);
}
