import { describe, expect, it } from '@jest/globals';
import { lacksLists, toMetadata, toTakenMemory } from './model-memory.translate.js';

const MIB = 2 ** 20;
const TOLD = { cacheType: 'f16', parallel: undefined } as const;
const GEMMA = {
  'general.architecture': 'gemma3',
  'gemma3.context_length': 32768,
  'gemma3.block_count': 18,
  'gemma3.embedding_length': 640,
  'gemma3.attention.head_count': 4,
  'gemma3.attention.head_count_kv': 1,
  'gemma3.attention.key_length': 256,
  'gemma3.attention.value_length': 256,
  'gemma3.attention.sliding_window': 512,
};
const LLAMA = {
  'general.architecture': 'llama',
  'llama.block_count': 2,
  'llama.embedding_length': 64,
  'llama.attention.head_count': 4,
  'llama.attention.sliding_window': 512,
};
const TABLE = { name: 'token_embd.weight', type: 'Q8_0', shape: [640, 262144] };

describe('toMetadata', () => {
  it('finds the figures under the name of the architecture', () => {
    const metadata = toMetadata({ model_info: GEMMA }, 5, TOLD);
    expect(metadata).toMatchObject({
      weightsBytes: 5,
      contextLength: 32768,
      embeddingLength: 640,
      heads: 4,
      capabilities: { generation: true },
    });
    expect(metadata.layers?.map(({ window }) => window)).toEqual(
      Array.from({ length: 18 }, (_, layer) => (layer % 6 === 5 ? undefined : 512)),
    );
  });

  it('leaves unknown what is not there or no number', () => {
    const info = { 'general.architecture': 'x', 'x.attention.head_count_kv': [], 'x.block_count': null };
    expect(toMetadata({ model_info: info }, 5, TOLD)).toMatchObject({ weightsBytes: 5, layers: undefined });
    expect(toMetadata(null, 5, TOLD)).toMatchObject({ weightsBytes: 5, contextLength: undefined });
  });

  it('gives the models that Ollama runs with llama.cpp no windows, because it keeps all tokens there', () => {
    const { layers } = toMetadata({ model_info: LLAMA }, 5, TOLD);
    expect(layers?.map(({ window }) => window)).toEqual([undefined, undefined]);
  });

  it('counts a table of tokens twice that is the last layer as well, where Ollama runs the model itself', () => {
    const bytesOf = (info: object, tensors: readonly object[]): number =>
      toMetadata({ model_info: info, tensors }, 5, TOLD).holding.fixedBytes;
    expect(bytesOf(GEMMA, [TABLE]) - bytesOf(GEMMA, [])).toBe(170 * MIB);
    expect(bytesOf(GEMMA, [TABLE, { name: 'output.weight' }])).toBe(bytesOf(GEMMA, []));
    expect(bytesOf(LLAMA, [TABLE])).toBe(bytesOf(LLAMA, []));
  });

  it('takes the kind of cache and the contexts that Ollama was told, and one context for an embedding model', () => {
    const told = { cacheType: 'q8_0', parallel: 4 } as const;
    expect(toMetadata({ model_info: LLAMA }, 5, told).holding).toMatchObject({ cacheType: 'q8_0', contexts: 4 });
    const embeds = { model_info: LLAMA, capabilities: ['embedding'] };
    expect(toMetadata(embeds, 5, told).holding.contexts).toBe(1);
    const single = { model_info: { 'general.architecture': 'qwen3next' } };
    expect(toMetadata(single, 5, told).holding.contexts).toBe(1);
  });
});

describe('lacksLists', () => {
  it('sees that lists by layer were left empty', () => {
    const info = { 'general.architecture': 'x', 'x.attention.head_count_kv': [] };
    expect(lacksLists({ model_info: info })).toBe(true);
    expect(lacksLists({ model_info: { ...info, 'x.attention.head_count_kv': [1, 0] } })).toBe(false);
    expect(lacksLists({ model_info: GEMMA })).toBe(false);
    expect(lacksLists(undefined)).toBe(false);
  });
});

describe('toTakenMemory', () => {
  it('adds the process, of which Ollama tells nothing, and its masks for the context', () => {
    expect(toTakenMemory({ size: 100 * MIB, gpuSize: 0, contextLength: 2048 })).toEqual({
      bytes: (100 + 44 + 4) * MIB,
    });
  });

  it('tells what lies on graphics cards', () => {
    expect(toTakenMemory({ size: 100 * MIB, gpuSize: 80 * MIB, contextLength: 0 })).toEqual({
      bytes: 144 * MIB,
      gpuBytes: 80 * MIB,
    });
  });
});
