import { describe, expect, it } from '@jest/globals';
import { parseGgufMetadata, toModelMetadata } from './gguf-metadata.parse.js';

const QWEN = {
  'general.architecture': 'qwen3',
  'qwen3.context_length': 40960,
  'qwen3.block_count': 36n,
  'qwen3.embedding_length': 4096,
  'qwen3.attention.head_count': 32,
  'qwen3.attention.head_count_kv': 8,
  'qwen3.attention.key_length': 128,
  'qwen3.attention.value_length': 128,
  'llama.block_count': 1,
  'tokenizer.ggml.tokens': ['a', 'b', 'c'],
};

describe('parseGgufMetadata', () => {
  it('reads the keys of the architecture', () => {
    const file = parseGgufMetadata(QWEN, 5000);
    expect(file).toMatchObject({
      weightsBytes: 5000,
      contextLength: 40960,
      embeddingLength: 4096,
      heads: 32,
      vocabularySize: 3,
      capabilities: { generation: true, embedding: true },
    });
    expect(file.layers).toHaveLength(36);
    expect(file.layers?.[0]).toEqual({ numbersPerToken: 8 * 256, window: undefined, stateNumbers: 0 });
  });

  it('leaves open what the file does not say', () => {
    const file = parseGgufMetadata({ 'x.block_count': 3, 'general.architecture': 7 }, 1);
    expect(file).toMatchObject({ weightsBytes: 1, contextLength: undefined, layers: undefined });
  });
});

describe('toModelMetadata', () => {
  it('holds a model for writing in one context for each slot', () => {
    const { holding } = toModelMetadata(parseGgufMetadata(QWEN, 1e9), 'generation', 8);
    expect(holding).toMatchObject({ cacheType: 'f16', contexts: undefined, batchTokens: 32 });
  });

  it('holds a model for vectors in one context, and evaluates whole inputs where it has to', () => {
    expect(toModelMetadata(parseGgufMetadata(QWEN, 1e9), 'embedding', 8).holding).toMatchObject({
      contexts: 1,
      batchTokens: 32,
    });
    const encoder = parseGgufMetadata({ 'general.architecture': 'bert', 'bert.attention.causal': false }, 1e9);
    expect(toModelMetadata(encoder, 'embedding', 8).holding).toMatchObject({ contexts: 1, batchTokens: 'context' });
  });
});
