import { describe, expect, it } from '@jest/globals';
import { chooseForRelief, type IdleCandidate } from './pressure.policy.js';

function resident(key: string, fields: Partial<IdleCandidate> = {}): IdleCandidate {
  return {
    demand: { key, needBytes: 100, slots: 1, contextLength: 1 },
    bytes: 100,
    phase: 'ready',
    slotsInUse: 0,
    lastUsedAt: 0,
    ...fields,
  };
}

function relief(residents: readonly IdleCandidate[], shortBytes: number): readonly string[] {
  return chooseForRelief({ residents, pinned: new Set(['pinned']), pool: 'local' }, shortBytes);
}

describe('chooseForRelief', () => {
  it('lets those go that were unused for longest, until they give enough', () => {
    const residents = [
      resident('b', { lastUsedAt: 2 }),
      resident('a', { lastUsedAt: 1 }),
      resident('c', { lastUsedAt: 3 }),
    ];
    expect(relief(residents, 50)).toEqual(['a']);
    expect(relief(residents, 101)).toEqual(['a', 'b']);
    expect(relief(residents, 1000)).toEqual(['a', 'b', 'c']);
  });

  it('leaves those alone that are in use, on their way, pinned, in other memory, or take nothing', () => {
    const residents = [
      resident('busy', { slotsInUse: 1 }),
      resident('loading', { phase: 'loading' }),
      resident('pinned'),
      resident('elsewhere', { demand: { key: 'x', pool: 'y', needBytes: 1, slots: 1, contextLength: 1 } }),
      resident('nothing', { bytes: 0 }),
    ];
    expect(relief(residents, 1000)).toEqual([]);
  });
});
