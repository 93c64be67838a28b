import { figureOf, parseLayers } from '../layer-memory.parse.js';
import type { CacheType, ModelHolding, ModelMetadata, TakenMemory } from '../runtime.contract.js';
import { countOf, fieldsOf, listOf, textOf, type Fields } from './fields.parse.js';
import { toTraits } from './model-traits.translate.js';

/** How this Ollama was told to hold models; its API does not say. */
export interface OllamaHolding {
  /** `OLLAMA_KV_CACHE_TYPE` of its environment. */
  readonly cacheType: CacheType;
  /** `OLLAMA_NUM_PARALLEL` of its environment; undefined takes the slots of the catalog for it. */
  readonly parallel: number | undefined;
}

const MIB = 2 ** 20;
/** Tokens of a prompt that Ollama works on at once, unless a request says otherwise. */
const BATCH_TOKENS = 512;
/**
 * The process of a model beside what `/api/ps` tells of it, and its masks for each token of context. Measured with
 * Ollama 0.24 on SmolLM2 135M, Gemma 3 270M and all-MiniLM: the resident memory of the process less its size there.
 */
const PROCESS_BYTES = 44 * MIB;
const PROCESS_BYTES_PER_TOKEN = 4 * BATCH_TOKENS;
/** Numbers of 16 bits, for each token of context and of the batch: the mask of flash attention. */
const MASK_BYTES_PER_TOKEN = 2 * BATCH_TOKENS;

/** Architectures that Ollama 0.24 runs with its own engine, and not with llama.cpp: whether with flash attention. */
const OWN_ENGINE: Readonly<Record<string, { readonly flash: boolean }>> = {
  bert: { flash: false },
  deepseek2: { flash: false },
  deepseekocr: { flash: false },
  gemma3: { flash: true },
  gemma3n: { flash: false },
  gemma4: { flash: true },
  glm4moelite: { flash: true },
  glmocr: { flash: true },
  'gpt-oss': { flash: true },
  gptoss: { flash: true },
  laguna: { flash: false },
  lfm2: { flash: true },
  lfm2moe: { flash: true },
  llama4: { flash: false },
  mistral3: { flash: true },
  mllama: { flash: false },
  nemotron_h: { flash: true },
  nemotron_h_moe: { flash: true },
  nemotron_h_omni: { flash: true },
  'nomic-bert': { flash: false },
  olmo3: { flash: true },
  qwen25vl: { flash: false },
  qwen3: { flash: true },
  qwen35: { flash: true },
  qwen35moe: { flash: true },
  qwen3moe: { flash: true },
  qwen3next: { flash: true },
  qwen3vl: { flash: true },
  qwen3vlmoe: { flash: true },
};

/** Architectures that Ollama holds for one request at a time. */
const ONE_AT_A_TIME: ReadonlySet<string> = new Set([
  'lfm2',
  'lfm2moe',
  'mllama',
  'nemotron_h',
  'nemotron_h_moe',
  'nemotron_h_omni',
  'qwen35',
  'qwen35moe',
  'qwen3next',
  'qwen3vl',
  'qwen3vlmoe',
]);

/** Every how many layers one keeps all tokens, and how much the others keep at least. llama.cpp in Ollama uses no windows. */
const WINDOWS: Readonly<Record<string, { readonly period: number; readonly leastTokens: number }>> = {
  gemma3: { period: 6, leastTokens: 0 },
  gemma3n: { period: 5, leastTokens: 0 },
  gemma4: { period: 6, leastTokens: 4096 },
  'gpt-oss': { period: 2, leastTokens: 4096 },
  gptoss: { period: 2, leastTokens: 4096 },
  olmo3: { period: 4, leastTokens: 0 },
};

/** Bytes of one weight, by GGML's names of the kinds; the largest stands for kinds that are not known. */
const WEIGHT_BYTES: Readonly<Record<string, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  Q8_0: 34 / 32,
  Q6_K: 210 / 256,
  Q5_K: 176 / 256,
  Q5_1: 24 / 32,
  Q5_0: 22 / 32,
  Q4_K: 144 / 256,
  Q4_1: 20 / 32,
  Q4_0: 18 / 32,
  MXFP4: 17 / 32,
  Q3_K: 110 / 256,
  Q2_K: 84 / 256,
};

/** The table of tokens, which Ollama's engine holds a second time where it is also the last layer. */
function secondTableBytes(show: Fields): number {
  const tensors = listOf(show['tensors']).map(fieldsOf);
  if (tensors.some((tensor) => tensor?.['name'] === 'output.weight')) return 0;
  const table = tensors.find((tensor) => tensor?.['name'] === 'token_embd.weight');
  if (table === undefined) return 0;
  const weights = listOf(table['shape']).reduce<number>((product, side) => product * (countOf(side) ?? 0), 1);
  return weights * (WEIGHT_BYTES[textOf(table['type'])] ?? 4);
}

function toHolding(show: Fields, architecture: string, told: OllamaHolding): ModelHolding {
  const engine = OWN_ENGINE[architecture];
  const writes = toTraits(show).capabilities.generation;
  return {
    cacheType: told.cacheType,
    contexts: writes && !ONE_AT_A_TIME.has(architecture) ? told.parallel : 1,
    batchTokens: BATCH_TOKENS,
    keepsScores: engine !== undefined && !engine.flash,
    fixedBytes: PROCESS_BYTES + (engine !== undefined && writes ? secondTableBytes(show) : 0),
    bytesPerToken: PROCESS_BYTES_PER_TOKEN + (engine?.flash === true ? MASK_BYTES_PER_TOKEN : 0),
  };
}

/** Keys whose lists have a number for each layer. Ollama leaves long lists empty unless it is asked for all. */
const LISTS_BY_LAYER = ['attention.head_count', 'attention.head_count_kv', 'attention.sliding_window_pattern'];

function infoOf(show: unknown): { readonly architecture: string; readonly read: (key: string) => unknown } {
  const info = fieldsOf(fieldsOf(show)?.['model_info']) ?? {};
  const architecture = textOf(info['general.architecture']);
  return { architecture, read: (key) => info[`${architecture}.${key}`] };
}

/** Whether the answer of `/api/show` leaves out what tells the layers apart, so that all of it has to be asked for. */
export function lacksLists(show: unknown): boolean {
  const { read } = infoOf(show);
  return LISTS_BY_LAYER.some((key) => {
    const value = read(key);
    return Array.isArray(value) && value.length === 0;
  });
}

/** What `/api/show` says of a model, and how this Ollama holds it. The keys carry the architecture as a prefix. */
export function toMetadata(show: unknown, weightsBytes: number, told: OllamaHolding): ModelMetadata {
  const { architecture, read } = infoOf(show);
  return {
    weightsBytes,
    contextLength: figureOf(read('context_length')),
    embeddingLength: figureOf(read('embedding_length')),
    heads: figureOf(read('attention.head_count')),
    layers: parseLayers({ read, windows: WINDOWS[architecture] ?? { period: undefined, leastTokens: 0 } }),
    holding: toHolding(fieldsOf(show) ?? {}, architecture, told),
    capabilities: toTraits(show).capabilities,
  };
}

/** What a model takes: the size of `/api/ps`, and its process, of which that knows nothing. */
export function toTakenMemory(listed: {
  readonly size: number;
  readonly gpuSize?: number;
  readonly contextLength?: number;
}): TakenMemory {
  const { size, gpuSize = 0, contextLength = 0 } = listed;
  const bytes = size + PROCESS_BYTES + PROCESS_BYTES_PER_TOKEN * contextLength;
  return gpuSize > 0 ? { bytes, gpuBytes: Math.min(gpuSize, size) } : { bytes };
}
