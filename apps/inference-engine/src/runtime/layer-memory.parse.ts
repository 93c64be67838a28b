import type { LayerMemory } from './runtime.contract.js';

/** Reads a value of a model's metadata: the key comes without the architecture in front. */
export type ReadKey = (key: string) => unknown;

/** How a runtime makes use of sliding windows. */
export interface WindowManners {
  /** Every how many layers one keeps everything, where the metadata does not tell; undefined: windows are not used. */
  readonly period: number | undefined;
  /** Least tokens that a layer with a window keeps. */
  readonly leastTokens: number;
}

/** The metadata of a model as far as its layers go. */
export interface LayerSource {
  readonly read: ReadKey;
  readonly windows: WindowManners;
}

/** A whole number of the metadata; the largest where each layer has its own. */
export function figureOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  const numbers = value.map(figureOf).filter((item) => item !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((most, item) => Math.max(most, item));
}

/** The figure of one layer: its own, or the one of all. */
function figureAt(value: unknown, layer: number): number | undefined {
  return Array.isArray(value) ? figureOf(value[layer]) : figureOf(value);
}

/** Numbers that a recurrent layer keeps of each sequence, as llama.cpp counts them for the kinds it knows. */
function stateNumbers(read: ReadKey): number {
  const figure = (key: string): number => figureOf(read(key)) ?? 0;
  const inner = figure('ssm.inner_size');
  const state = figure('ssm.state_size');
  const shortConvolution = Math.max(0, figure('shortconv.l_cache') - 1) * figure('embedding_length');
  const convolution = Math.max(0, figure('ssm.conv_kernel') - 1) * (inner + 2 * figure('ssm.group_count') * state);
  const wkv = figure('wkv.head_size') * figure('embedding_length') + 2 * figure('token_shift_count');
  return inner * state + convolution + shortConvolution + wkv;
}

/** Whether the layer keeps a window only. */
function isWindowed(layer: number, pattern: unknown, period: number | undefined): boolean {
  if (period === undefined) return false;
  if (Array.isArray(pattern) && pattern.length > 0) return pattern[layer] === true;
  return (layer + 1) % (figureOf(pattern) ?? period) !== 0;
}

/** Whether the layer keeps a state in place of tokens; some hybrids say so by an interval, the others by no heads. */
function isRecurrent(layer: number, kvHeads: number | undefined, interval: number | undefined): boolean {
  if (interval !== undefined && interval > 0) return (layer + 1) % interval !== 0;
  return kvHeads === 0;
}

/** Numbers of keys and values together that a head keeps of each token: in a layer with all tokens, and in one with a window. */
interface HeadLengths {
  readonly whole: number;
  readonly windowed: number;
}

/** Undefined when the metadata does not tell. */
function headLengths(read: ReadKey): HeadLengths | undefined {
  const embedding = figureOf(read('embedding_length'));
  const heads = figureOf(read('attention.head_count'));
  const usual = embedding !== undefined && heads ? embedding / heads : undefined;
  const key = figureOf(read('attention.key_length')) ?? usual;
  const value = figureOf(read('attention.value_length')) ?? usual;
  if (key === undefined || value === undefined) return undefined;
  const windowedKey = figureOf(read('attention.key_length_swa')) ?? key;
  return { whole: key + value, windowed: windowedKey + (figureOf(read('attention.value_length_swa')) ?? value) };
}

const NOTHING: LayerMemory = { numbersPerToken: 0, window: undefined, stateNumbers: 0 };

/**
 * What each layer keeps, from the keys that GGUF files and Ollama's `/api/show` share. Undefined when the metadata does
 * not tell. Encoders keep nothing; layers that share the cache of others, neither.
 */
export function parseLayers({ read, windows }: LayerSource): readonly LayerMemory[] | undefined {
  const count = figureOf(read('block_count'));
  if (count === undefined || count === 0) return undefined;
  if (read('attention.causal') === false) return Array.from({ length: count }, () => NOTHING);
  const told = read('attention.head_count_kv');
  const kvHeads = figureOf(told) === undefined ? read('attention.head_count') : told;
  const lengths = headLengths(read);
  const state = stateNumbers(read);
  if ((lengths === undefined || figureOf(kvHeads) === undefined) && state === 0) return undefined;

  const { whole = 0, windowed = 0 } = lengths ?? {};
  const window = figureOf(read('attention.sliding_window')) ?? 0;
  const pattern = read('attention.sliding_window_pattern');
  const interval = figureOf(read('full_attention_interval'));
  const own = count - (figureOf(read('attention.shared_kv_layers')) ?? 0);
  return Array.from({ length: count }, (_, layer): LayerMemory => {
    const heads = figureAt(kvHeads, layer) ?? figureOf(kvHeads) ?? 0;
    if (state > 0 && isRecurrent(layer, heads, interval)) return { ...NOTHING, stateNumbers: state };
    if (layer >= own) return NOTHING;
    if (window === 0 || !isWindowed(layer, pattern, windows.period))
      return { ...NOTHING, numbersPerToken: heads * whole };
    return { ...NOTHING, numbersPerToken: heads * windowed, window: Math.max(window, windows.leastTokens) };
  });
}
