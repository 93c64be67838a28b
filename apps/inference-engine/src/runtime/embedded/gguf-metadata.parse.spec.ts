import { describe, expect, it } from '@jest/globals';
import { parseGgufMetadata } from './gguf-metadata.parse.js';

describe('parseGgufMetadata', () => {
  it('reads the keys of the architecture', () => {
    const metadata = {
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
    expect(parseGgufMetadata(metadata, 5000)).toEqual({
      weightsBytes: 5000,
      contextLength: 40960,
      layers: 36,
      embeddingLength: 4096,
      heads: 32,
      kvHeads: 8,
      keyLength: 128,
      valueLength: 128,
      vocabularySize: 3,
      capabilities: expect.objectContaining({ generation: true, embedding: true }),
    });
  });

  it('takes the largest of numbers that differ from layer to layer', () => {
    const metadata = { 'general.architecture': 'x', 'x.attention.head_count_kv': [0, 4, 8, 4] };
    expect(parseGgufMetadata(metadata, 1).kvHeads).toBe(8);
  });

  it('leaves open what the file does not say', () => {
    expect(parseGgufMetadata({ 'x.block_count': 3, 'general.architecture': 7 }, 1)).toEqual({
      weightsBytes: 1,
      capabilities: expect.anything(),
    });
  });
});
