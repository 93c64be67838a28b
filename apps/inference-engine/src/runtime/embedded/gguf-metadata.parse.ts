import type { ModelMetadata } from '../runtime.contract.js';
import { parseCapabilities } from './capabilities.parse.js';

/** A whole number of the metadata; the largest where each layer has its own. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  const numbers = value.map(numberOf).filter((item) => item !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((most, item) => Math.max(most, item));
}

/** What the metadata of a GGUF file says about its model. `weightsBytes` is the size of its files. */
export function parseGgufMetadata(metadata: Readonly<Record<string, unknown>>, weightsBytes: number): ModelMetadata {
  const architecture = metadata['general.architecture'];
  const read = (key: string): number | undefined =>
    typeof architecture === 'string' ? numberOf(metadata[`${architecture}.${key}`]) : undefined;
  const vocabulary = metadata['tokenizer.ggml.tokens'];
  return {
    weightsBytes,
    contextLength: read('context_length'),
    layers: read('block_count'),
    embeddingLength: read('embedding_length'),
    heads: read('attention.head_count'),
    kvHeads: read('attention.head_count_kv'),
    keyLength: read('attention.key_length'),
    valueLength: read('attention.value_length'),
    capabilities: parseCapabilities(metadata),
    vocabularySize: Array.isArray(vocabulary) ? vocabulary.length : read('vocab_size'),
  };
}
