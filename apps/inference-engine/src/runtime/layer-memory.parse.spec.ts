import { describe, expect, it } from '@jest/globals';
import { figureOf, parseLayers, type WindowManners } from './layer-memory.parse.js';
import type { LayerMemory } from './runtime.contract.js';

type Keys = Readonly<Record<string, unknown>>;
const PLAIN = {
  block_count: 4,
  embedding_length: 64,
  'attention.head_count': 8,
  'attention.head_count_kv': 2,
};

function layersOf(keys: Keys, windows: Partial<WindowManners> = {}): readonly LayerMemory[] | undefined {
  return parseLayers({ read: (key) => keys[key], windows: { period: undefined, leastTokens: 0, ...windows } });
}

const numbers = (layers: readonly LayerMemory[] | undefined): unknown => layers?.map((layer) => layer.numbersPerToken);
const windows = (layers: readonly LayerMemory[] | undefined): unknown => layers?.map((layer) => layer.window);

describe('parseLayers', () => {
  it('takes keys and values of the heads of the cache, as long as the embedding is wide for each head', () => {
    expect(numbers(layersOf(PLAIN))).toEqual([32, 32, 32, 32]);
    expect(numbers(layersOf({ ...PLAIN, 'attention.key_length': 10, 'attention.value_length': 5 }))).toEqual([
      30, 30, 30, 30,
    ]);
  });

  it('takes as many heads of the cache as there are heads when none are told', () => {
    expect(numbers(layersOf({ ...PLAIN, 'attention.head_count_kv': undefined }))).toEqual([128, 128, 128, 128]);
    expect(numbers(layersOf({ ...PLAIN, 'attention.head_count_kv': [] }))).toEqual([128, 128, 128, 128]);
  });

  it('takes the heads of each layer where they differ', () => {
    expect(numbers(layersOf({ ...PLAIN, 'attention.head_count_kv': [2, 4, 2, 0] }))).toEqual([32, 64, 32, 0]);
  });

  it('gives every so many layers all tokens and the others a window, where the runtime uses windows', () => {
    const keys = { ...PLAIN, 'attention.sliding_window': 512 };
    expect(windows(layersOf(keys))).toEqual([undefined, undefined, undefined, undefined]);
    expect(windows(layersOf(keys, { period: 2 }))).toEqual([512, undefined, 512, undefined]);
    expect(windows(layersOf(keys, { period: 6, leastTokens: 4096 }))).toEqual([4096, 4096, 4096, 4096]);
  });

  it('prefers what the metadata says of each layer, or of their period', () => {
    const keys = { ...PLAIN, 'attention.sliding_window': 512 };
    const pattern = 'attention.sliding_window_pattern';
    expect(windows(layersOf({ ...keys, [pattern]: [true, false, true, true] }, { period: 2 }))).toEqual([
      512,
      undefined,
      512,
      512,
    ]);
    expect(windows(layersOf({ ...keys, [pattern]: 4 }, { period: 2 }))).toEqual([512, 512, 512, undefined]);
  });

  it('takes the lengths of layers with windows where they are others', () => {
    const keys = {
      ...PLAIN,
      'attention.sliding_window': 512,
      'attention.key_length_swa': 4,
      'attention.value_length_swa': 4,
    };
    expect(numbers(layersOf(keys, { period: 2 }))).toEqual([16, 32, 16, 32]);
  });

  it('leaves out layers that share the cache of others, and encoders, which keep none', () => {
    expect(numbers(layersOf({ ...PLAIN, 'attention.shared_kv_layers': 3 }))).toEqual([32, 0, 0, 0]);
    expect(numbers(layersOf({ ...PLAIN, 'attention.causal': false }))).toEqual([0, 0, 0, 0]);
  });

  it('gives layers without heads the state of a recurrent one, and so all but every so many where an interval says so', () => {
    const ssm = { 'ssm.inner_size': 10, 'ssm.state_size': 4, 'ssm.conv_kernel': 4, 'ssm.group_count': 1 };
    const state = 10 * 4 + 3 * (10 + 8);
    const hybrid = layersOf({ ...PLAIN, ...ssm, 'attention.head_count_kv': [0, 2, 0, 0] });
    expect(hybrid?.map(({ stateNumbers }) => stateNumbers)).toEqual([state, 0, state, state]);
    const interval = layersOf({ ...PLAIN, ...ssm, full_attention_interval: 2 });
    expect(interval?.map(({ stateNumbers }) => stateNumbers)).toEqual([state, 0, state, 0]);
    expect(numbers(interval)).toEqual([0, 32, 0, 32]);
  });

  it('knows nothing without the number of layers or what they keep', () => {
    expect(layersOf({})).toBeUndefined();
    expect(layersOf({ ...PLAIN, block_count: null })).toBeUndefined();
    expect(layersOf({ block_count: 4 })).toBeUndefined();
  });
});

describe('figureOf', () => {
  it.each([
    [3n, 3],
    [[0, 4, 8, 4], 8],
    [[], undefined],
    [-1, undefined],
    ['3', undefined],
  ])('reads %p as %p', (value, figure) => {
    expect(figureOf(value)).toBe(figure);
  });
});
