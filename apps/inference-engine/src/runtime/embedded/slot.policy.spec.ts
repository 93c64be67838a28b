import { describe, expect, it } from '@jest/globals';
import { chooseSlot, chunkEnd, chunkStart, chunkTokens, sharedPrefix, type SlotView } from './slot.policy.js';

const slot = (tokens: number[], usedAt: number, evenTokens = tokens.length): SlotView => ({
  tokens,
  usedAt,
  evenTokens,
});

describe('chooseSlot', () => {
  const request = { prompt: [1, 2, 3, 4, 5, 6], chunk: 2, reproducible: false };

  it('picks the slot that holds the longest beginning of the prompt', () => {
    expect(chooseSlot([slot([1, 9], 1), slot([1, 2, 3, 9], 2), slot([], 0)], request)).toEqual({ index: 1, keep: 3 });
  });

  it('picks the slot unused for longest when no cache helps', () => {
    expect(chooseSlot([slot([9], 3), slot([8], 1), slot([7], 2)], request)).toEqual({ index: 1, keep: 0 });
  });

  it('always leaves the last token of the prompt to be evaluated', () => {
    expect(chooseSlot([slot([1, 2, 3, 4, 5, 6, 7], 1)], request)).toEqual({ index: 0, keep: 5 });
  });

  it('keeps only whole chunks for a request that must give the same answer again', () => {
    const same = { ...request, reproducible: true };
    expect(chooseSlot([slot([1, 2, 3, 4, 5, 6], 1)], { ...same, chunk: 4 })).toEqual({ index: 0, keep: 4 });
    expect(chooseSlot([slot([1, 2, 3, 4, 5, 6], 1, 2)], same)).toEqual({ index: 0, keep: 2 });
  });

  it('has no choice when no slot is free', () => {
    expect(chooseSlot([], request)).toBeUndefined();
  });
});

describe('chunks', () => {
  it('are smaller for larger models and larger with more threads, within bounds', () => {
    expect(chunkTokens(98e6, 1)).toBe(32);
    expect(chunkTokens(98e6, 2)).toBe(64);
    expect(chunkTokens(4e9, 16)).toBe(16);
    expect(chunkTokens(40e9, 1)).toBe(4);
    expect(chunkTokens(1, 64)).toBe(128);
  });

  it('end at the same places wherever the evaluation begins', () => {
    const ends = new Set<number>();
    for (let position = 0; position < 6000; position = chunkEnd(position, 32)) ends.add(chunkEnd(position, 32));
    for (let position = 0; position < 5900; position++) expect(ends.has(chunkEnd(position, 32))).toBe(true);
    for (const end of ends) expect(chunkStart(end, 32)).toBe(end);
  });

  it('get smaller deep in the context, where each token costs more', () => {
    expect([0, 2047, 2048, 4096].map((position) => chunkEnd(position, 32) - chunkStart(position, 32))).toEqual([
      32, 32, 16, 8,
    ]);
  });
});

describe('sharedPrefix', () => {
  it('counts equal tokens from the first on', () => {
    expect(sharedPrefix([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(sharedPrefix([1, 2], [1, 2, 4])).toBe(2);
    expect(sharedPrefix([], [1])).toBe(0);
  });
});
