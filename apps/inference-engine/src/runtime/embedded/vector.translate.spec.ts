import { describe, expect, it } from '@jest/globals';
import { normalised } from './vector.translate.js';

describe('normalised', () => {
  it('brings a vector to length 1 and keeps its direction', () => {
    expect(normalised([3, 0, -4])).toEqual([0.6, 0, -0.8]);
  });

  it('leaves a vector of zeros as it is', () => {
    expect(normalised([0, 0])).toEqual([0, 0]);
  });
});
