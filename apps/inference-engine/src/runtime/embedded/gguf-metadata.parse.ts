import { figureOf, parseLayers } from '../layer-memory.parse.js';
import type { ModelMetadata, ModelPurpose } from '../runtime.contract.js';
import { parseCapabilities } from './capabilities.parse.js';
import { needsWholeInput } from './pooling.policy.js';
import { chunkTokens } from './slot.policy.js';

const MIB = 2 ** 20;

/**
 * A model process with its libraries before any model. This and the next figure were measured with node-llama-cpp 3.22
 * on SmolLM2 135M and Gemma 3 270M; the spec of the estimate has the numbers.
 */
const PROCESS_BYTES = 140 * MIB;
/** Texts, scores and look-up tables of one token of the vocabulary. */
const BYTES_PER_VOCABULARY_ENTRY = 640;
const USUAL_VOCABULARY = 64 * 1024;

/** Every how many layers one keeps all tokens, in the architectures whose windows llama.cpp uses. */
const WINDOW_PERIODS: Readonly<Record<string, number>> = {
  cohere2: 4,
  exaone4: 4,
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  'gemma-embedding': 6,
  'gpt-oss': 2,
  olmo2: 4,
};

/** What a model file says about its model. */
export interface FileMetadata extends Omit<ModelMetadata, 'holding'> {
  readonly vocabularySize: number;
  /** Whether an input must be evaluated at once to get its vector. */
  readonly wholeInput: boolean;
}

/** What the metadata of a GGUF file says about its model. `weightsBytes` is the size of its files. */
export function parseGgufMetadata(metadata: Readonly<Record<string, unknown>>, weightsBytes: number): FileMetadata {
  const named = metadata['general.architecture'];
  const architecture = typeof named === 'string' ? named : undefined;
  const read = (key: string): unknown => (architecture === undefined ? undefined : metadata[`${architecture}.${key}`]);
  const tokens = metadata['tokenizer.ggml.tokens'];
  return {
    weightsBytes,
    contextLength: figureOf(read('context_length')),
    embeddingLength: figureOf(read('embedding_length')),
    heads: figureOf(read('attention.head_count')),
    layers: parseLayers({ read, windows: { period: WINDOW_PERIODS[architecture ?? ''], leastTokens: 0 } }),
    capabilities: parseCapabilities(metadata),
    vocabularySize: Array.isArray(tokens) ? tokens.length : (figureOf(read('vocab_size')) ?? USUAL_VOCABULARY),
    wholeInput: needsWholeInput(read('attention.causal'), read('pooling_type')),
  };
}

/** The model of the file with how a model process holds it for this purpose. */
export function toModelMetadata(file: FileMetadata, purpose: ModelPurpose, threads: number): ModelMetadata {
  const { vocabularySize, wholeInput, ...model } = file;
  const embeds = purpose === 'embedding';
  return {
    ...model,
    holding: {
      cacheType: 'f16',
      // Texts become vectors one after the other, in one context.
      contexts: embeds ? 1 : undefined,
      batchTokens: embeds && wholeInput ? 'context' : chunkTokens(model.weightsBytes, threads),
      keepsScores: true,
      fixedBytes: PROCESS_BYTES + vocabularySize * BYTES_PER_VOCABULARY_ENTRY,
      bytesPerToken: 0,
    },
  };
}
