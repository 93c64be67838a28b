import { describe, expect, it } from '@jest/globals';
import { estimateMemory } from '../../apps/inference-engine/src/residency/memory.estimate.js';
import {
  parseGgufMetadata,
  toModelMetadata,
} from '../../apps/inference-engine/src/runtime/embedded/gguf-metadata.parse.js';
import { toMetadata } from '../../apps/inference-engine/src/runtime/ollama/model-memory.translate.js';
import type { CacheType, ModelPurpose } from '../../apps/inference-engine/src/runtime/runtime.contract.js';

const MIB = 2 ** 20;

/** What the file of a real model says of itself, as far as memory goes. */
interface ModelFacts {
  readonly name: string;
  readonly bytes: number;
  readonly vocabulary: number;
  readonly info: Readonly<Record<string, unknown>>;
  readonly table: object;
}

const SMOLLM2: ModelFacts = {
  name: 'SmolLM2 135M Q4_1',
  bytes: 98_362_432,
  vocabulary: 49_152,
  info: {
    'general.architecture': 'llama',
    'llama.context_length': 8192,
    'llama.block_count': 30,
    'llama.embedding_length': 576,
    'llama.attention.head_count': 9,
    'llama.attention.head_count_kv': 3,
  },
  table: { name: 'token_embd.weight', type: 'Q8_0', shape: [576, 49_152] },
};
const GEMMA3: ModelFacts = {
  name: 'Gemma 3 270M Q4_K_M',
  bytes: 253_113_024,
  vocabulary: 262_144,
  info: {
    'general.architecture': 'gemma3',
    'gemma3.context_length': 32_768,
    'gemma3.block_count': 18,
    'gemma3.embedding_length': 640,
    'gemma3.attention.head_count': 4,
    'gemma3.attention.head_count_kv': 1,
    'gemma3.attention.key_length': 256,
    'gemma3.attention.value_length': 256,
    'gemma3.attention.sliding_window': 512,
  },
  table: { name: 'token_embd.weight', type: 'Q8_0', shape: [640, 262_144] },
};
const MINILM: ModelFacts = {
  name: 'all-MiniLM-L6-v2 F16',
  bytes: 45_949_440,
  vocabulary: 30_522,
  info: {
    'general.architecture': 'bert',
    'bert.context_length': 512,
    'bert.block_count': 6,
    'bert.embedding_length': 384,
    'bert.attention.head_count': 12,
    'bert.attention.causal': false,
  },
  table: { name: 'token_embd.weight', type: 'F16', shape: [384, 30_522] },
};

interface Measured {
  readonly model: ModelFacts;
  readonly contextLength: number;
  readonly measuredMib: number;
}

function expectClose(predictedBytes: number, measuredMib: number): void {
  const ratio = predictedBytes / MIB / measuredMib;
  expect(ratio).toBeGreaterThan(0.85);
  expect(ratio).toBeLessThan(1.15);
}

/**
 * Resident memory (MiB) of the process of the model, weights that are mapped included, one thread: after a prompt where
 * it grew by that, else after the load.
 */
describe('what a model needs, computed, is within 15 % of what was measured', () => {
  it.each<Measured & { slots: number; purpose: ModelPurpose }>([
    { model: SMOLLM2, contextLength: 512, slots: 1, purpose: 'generation', measuredMib: 280 },
    { model: SMOLLM2, contextLength: 2048, slots: 1, purpose: 'generation', measuredMib: 333 },
    { model: SMOLLM2, contextLength: 8192, slots: 1, purpose: 'generation', measuredMib: 467 },
    { model: SMOLLM2, contextLength: 8192, slots: 2, purpose: 'generation', measuredMib: 619 },
    { model: SMOLLM2, contextLength: 2048, slots: 4, purpose: 'generation', measuredMib: 438 },
    { model: SMOLLM2, contextLength: 2048, slots: 2, purpose: 'embedding', measuredMib: 320 },
    { model: SMOLLM2, contextLength: 8192, slots: 2, purpose: 'embedding', measuredMib: 455 },
    { model: GEMMA3, contextLength: 2048, slots: 1, purpose: 'generation', measuredMib: 581 },
    { model: GEMMA3, contextLength: 2048, slots: 2, purpose: 'generation', measuredMib: 550 },
    { model: GEMMA3, contextLength: 8192, slots: 1, purpose: 'generation', measuredMib: 552 },
    { model: GEMMA3, contextLength: 8192, slots: 4, purpose: 'generation', measuredMib: 657 },
    { model: GEMMA3, contextLength: 32_768, slots: 1, purpose: 'generation', measuredMib: 622 },
    { model: GEMMA3, contextLength: 2048, slots: 1, purpose: 'embedding', measuredMib: 554 },
  ])(
    'embedded (node-llama-cpp 3.22.1): $model.name, $contextLength x $slots, $purpose',
    ({ model, contextLength, slots, purpose, measuredMib }) => {
      const tokens = Array.from({ length: model.vocabulary }, () => '');
      const file = parseGgufMetadata({ ...model.info, 'tokenizer.ggml.tokens': tokens }, model.bytes);
      const metadata = toModelMetadata(file, purpose, 1);
      expectClose(estimateMemory(metadata, { name: 'x', contextLength, slots }), measuredMib);
    },
  );

  it.each<Measured & { parallel: number; cacheType: CacheType }>([
    { model: SMOLLM2, contextLength: 2048, parallel: 1, cacheType: 'f16', measuredMib: 200 },
    { model: SMOLLM2, contextLength: 8192, parallel: 1, cacheType: 'f16', measuredMib: 341 },
    { model: SMOLLM2, contextLength: 2048, parallel: 2, cacheType: 'f16', measuredMib: 246 },
    { model: SMOLLM2, contextLength: 8192, parallel: 1, cacheType: 'q8_0', measuredMib: 250 },
    { model: GEMMA3, contextLength: 2048, parallel: 1, cacheType: 'f16', measuredMib: 512 },
    { model: GEMMA3, contextLength: 2048, parallel: 2, cacheType: 'f16', measuredMib: 526 },
    { model: GEMMA3, contextLength: 8192, parallel: 2, cacheType: 'f16', measuredMib: 608 },
    { model: GEMMA3, contextLength: 8192, parallel: 1, cacheType: 'q8_0', measuredMib: 530 },
    { model: GEMMA3, contextLength: 32_768, parallel: 1, cacheType: 'f16', measuredMib: 725 },
    { model: MINILM, contextLength: 256, parallel: 2, cacheType: 'f16', measuredMib: 112 },
    { model: MINILM, contextLength: 512, parallel: 2, cacheType: 'f16', measuredMib: 112 },
  ])(
    'Ollama 0.24: $model.name, $contextLength x $parallel, $cacheType',
    ({ model, contextLength, parallel, cacheType, measuredMib }) => {
      const capabilities = [model === MINILM ? 'embedding' : 'completion'];
      const show = { model_info: model.info, tensors: [model.table], capabilities };
      const metadata = toMetadata(show, model.bytes, { cacheType, parallel });
      expectClose(estimateMemory(metadata, { name: 'x', contextLength, slots: 1 }), measuredMib);
    },
  );
});
