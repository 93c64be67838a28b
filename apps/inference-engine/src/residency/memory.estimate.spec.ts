import { describe, expect, it } from '@jest/globals';
import type { ModelCapabilities, ModelMetadata } from '../runtime/runtime.contract.js';
import { estimateMemory } from './memory.estimate.js';

const MIB = 2 ** 20;

const capabilities: ModelCapabilities = {
  generation: true,
  embedding: true,
  vision: false,
  infill: false,
  tools: 'none',
  thinking: 'none',
};
const smollm2: ModelMetadata = {
  capabilities,
  weightsBytes: 98_600_000,
  contextLength: 8192,
  layers: 30,
  embeddingLength: 576,
  heads: 9,
  kvHeads: 3,
  keyLength: undefined,
  valueLength: undefined,
  vocabularySize: 49_152,
};
const gemma3: ModelMetadata = {
  capabilities,
  weightsBytes: 253_113_024,
  contextLength: 32_768,
  layers: 18,
  embeddingLength: 640,
  heads: 4,
  kvHeads: 1,
  keyLength: 256,
  valueLength: 256,
  vocabularySize: 262_144,
};

describe('estimateMemory', () => {
  // Resident MiB of a process with node-llama-cpp 3.22.1, one thread, after a prompt of 1500 tokens.
  it.each([
    { name: 'SmolLM2 135M Q4_1', metadata: smollm2, contextLength: 8192, slots: 1, measuredMib: 446 },
    { name: 'SmolLM2 135M Q4_1', metadata: smollm2, contextLength: 8192, slots: 2, measuredMib: 631 },
    { name: 'SmolLM2 135M Q4_1', metadata: smollm2, contextLength: 2048, slots: 1, measuredMib: 310 },
    { name: 'Gemma 3 270M Q4_K_M', metadata: gemma3, contextLength: 2048, slots: 2, measuredMib: 564 },
  ])('is within 15 % of the measured need of $name, $contextLength x $slots', ({ metadata, measuredMib, ...plan }) => {
    const estimate = estimateMemory(metadata, plan) / MIB;
    expect(estimate / measuredMib).toBeGreaterThan(0.95);
    expect(estimate / measuredMib).toBeLessThan(1.15);
  });

  it('is on the safe side for a model with sliding windows', () => {
    const estimate = estimateMemory(gemma3, { name: 'gemma3', contextLength: 8192, slots: 1 }) / MIB;
    expect(estimate / 574).toBeGreaterThan(1);
    expect(estimate / 574).toBeLessThan(1.25);
  });

  it('adds the same for each slot and each token of context', () => {
    const at = (contextLength: number, slots: number): number =>
      estimateMemory(smollm2, { name: 'x', contextLength, slots });
    expect(at(4096, 2)).toBe(at(8192, 1));
    // 30 layers x 3 heads x (64 + 64) numbers x 2 bytes for each token.
    expect(at(2000, 1) - at(1000, 1)).toBe(1000 * 30 * 3 * 128 * 2);
  });

  it('takes as many cache heads as heads when the metadata has none of its own', () => {
    const all = { ...smollm2, kvHeads: undefined };
    const plan = { name: 'x', contextLength: 1000, slots: 1 };
    expect(estimateMemory(all, plan) - estimateMemory(smollm2, plan)).toBe(1000 * 30 * 6 * 128 * 2);
  });

  it('falls back on the weights when the metadata says nothing else', () => {
    const bare: ModelMetadata = {
      capabilities,
      weightsBytes: 10_000 * MIB,
      contextLength: undefined,
      layers: undefined,
      embeddingLength: undefined,
      heads: undefined,
      kvHeads: undefined,
      keyLength: undefined,
      valueLength: undefined,
      vocabularySize: undefined,
    };
    const estimate = estimateMemory(bare, { name: 'x', contextLength: 8192, slots: 1 });
    expect(estimate).toBeGreaterThan(12_000 * MIB);
    expect(estimate).toBeLessThan(12_500 * MIB);
  });
});
