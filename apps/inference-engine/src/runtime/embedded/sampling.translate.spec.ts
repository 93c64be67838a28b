import { describe, expect, it } from '@jest/globals';
import { SAMPLING } from '../../../test/call.cases.js';
import type { Sampling } from '../runtime.contract.js';
import { toBiases, toPenalties, toSamplerValues } from './sampling.translate.js';

const sampling = (more: Partial<Sampling> = {}): Sampling => ({ ...SAMPLING, temperature: 0.5, topP: 0.9, ...more });

describe('the translation of sampling', () => {
  it('fills in what is not said', () => {
    expect(toSamplerValues(sampling(), 99)).toEqual({ temperature: 0.5, topP: 0.9, topK: 40, minP: 0, seed: 99 });
    expect(toPenalties(sampling())).toBeUndefined();
    expect(toBiases(sampling(), false, [])).toEqual([]);
  });

  it.each([
    [0, 0],
    [-1, 0],
    [7, 7],
  ])('takes a top k of %i as %i, where 0 is every token', (topK, expected) => {
    expect(toSamplerValues(sampling({ topK }), 1).topK).toBe(expected);
  });

  it.each([
    [5, 5],
    [-1, 0],
    [-2, 4294967294],
    [4294967295, 0],
  ])('makes a seed of 32 bits of %i, and never the one that means a random one', (seed, expected) => {
    expect(toSamplerValues(sampling({ seed }), 1).seed).toBe(expected);
  });

  it('has penalties as soon as one costs something', () => {
    expect(toPenalties(sampling({ repeatPenalty: 1, presencePenalty: 0 }))).toBeUndefined();
    expect(toPenalties(sampling({ frequencyPenalty: -1 }))).toEqual({
      penalty: 1,
      presencePenalty: 0,
      frequencyPenalty: -1,
    });
  });

  it('keeps a token out for ever at -100, but under a grammar only when there is another', () => {
    const logitBias = { 3: -100, 5: 1.5 };
    expect(toBiases(sampling({ logitBias }), false, [9])).toEqual([
      [3, -Infinity],
      [5, 1.5],
    ]);
    expect(toBiases(sampling({ logitBias }), true, [9])).toEqual([
      [3, -100],
      [5, 1.5],
      [9, -Infinity],
    ]);
  });
});
