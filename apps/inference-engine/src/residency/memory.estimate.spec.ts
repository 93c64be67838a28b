import { describe, expect, it } from '@jest/globals';
import type { LayerMemory, ModelCapabilities, ModelHolding, ModelMetadata } from '../runtime/runtime.contract.js';
import { estimateMemory } from './memory.estimate.js';

const capabilities: ModelCapabilities = {
  generation: true,
  embedding: true,
  vision: false,
  infill: false,
  tools: 'none',
  thinking: 'none',
};
const holding: ModelHolding = {
  cacheType: 'f16',
  contexts: undefined,
  batchTokens: 0,
  keepsScores: false,
  fixedBytes: 0,
  bytesPerToken: 0,
};
const whole = (numbersPerToken: number): LayerMemory => ({ numbersPerToken, window: undefined, stateNumbers: 0 });

/** A model of 1000 bytes whose runtime takes nothing for itself. */
function model(layers: readonly LayerMemory[] | undefined, fields: Partial<ModelHolding> = {}): ModelMetadata {
  return {
    weightsBytes: 1000,
    contextLength: 8192,
    embeddingLength: 10,
    heads: 2,
    layers,
    holding: { ...holding, ...fields },
    capabilities,
  };
}

function need(metadata: ModelMetadata, contextLength: number, slots: number): number {
  return estimateMemory(metadata, { name: 'x', contextLength, slots });
}

describe('estimateMemory', () => {
  it('adds two bytes for each number of each layer, token and slot to the weights', () => {
    const metadata = model([whole(100), whole(50)]);
    expect(need(metadata, 10, 1)).toBe(1000 + 150 * 2 * 10);
    expect(need(metadata, 10, 3)).toBe(1000 + 150 * 2 * 30);
  });

  it.each([
    ['q8_0', 34],
    ['q4_0', 18],
  ] as const)('counts a cache of %s with %i bytes for 32 numbers', (cacheType, bytes) => {
    expect(need(model([whole(32)], { cacheType }), 100, 1)).toBe(1000 + 100 * bytes);
  });

  it('lets a layer with a window keep the window and the batch that moves it on, and never more than the context', () => {
    const metadata = model([{ ...whole(100), window: 512 }], { batchTokens: 0 });
    expect(need(metadata, 4096, 2)).toBe(1000 + 2 * 512 * 200);
    expect(need(metadata, 256, 1)).toBe(1000 + 256 * 200);
    const batch = need(model([{ ...whole(100), window: 512 }], { batchTokens: 32 }), 4096, 1);
    expect(batch).toBe(1000 + (512 + 32) * 200 + 32 * 10 * 16 * 4);
  });

  it('counts the state of a recurrent layer once for each slot, in 32 bits, whatever the context', () => {
    const metadata = model([{ numbersPerToken: 0, window: undefined, stateNumbers: 7 }]);
    expect(need(metadata, 10_000, 2)).toBe(1000 + 2 * 7 * 4);
  });

  it('takes the contexts of the runtime where it does not go by our slots', () => {
    expect(need(model([whole(100)], { contexts: 1 }), 10, 4)).toBe(1000 + 2000);
  });

  it('counts the scores of every token with every other where attention keeps them', () => {
    const plain = model([], { batchTokens: 4 });
    const scores = model([], { batchTokens: 4, keepsScores: true });
    expect(need(scores, 100, 1) - need(plain, 100, 1)).toBe(4 * 2 * 100 * 4);
    const all = model([], { batchTokens: 'context', keepsScores: true });
    expect(need(all, 100, 1)).toBe(1000 + 100 * (10 * 16 + 2 * 100) * 4);
  });

  it('falls back on the weights when the metadata does not tell the layers', () => {
    expect(need(model(undefined, { fixedBytes: 5, bytesPerToken: 1 }), 100, 2)).toBe(1200 + 5 + 200);
  });

  it('takes nothing for a model whose server is not our affair', () => {
    expect(need({ ...model([]), weightsBytes: 0 }, 8192, 4)).toBe(0);
  });
});
