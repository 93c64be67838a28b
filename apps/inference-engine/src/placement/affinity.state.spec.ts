import { describe, expect, it } from '@jest/globals';
import { AffinityState } from './affinity.state.js';

describe('AffinityState', () => {
  it('knows where a conversation was answered last', () => {
    const affinity = new AffinityState();
    expect(affinity.of('a')).toBeUndefined();
    affinity.note('a', 'one');
    affinity.note('a', 'two');
    expect(affinity.of('a')).toBe('two');
  });

  it('forgets the conversation that was silent the longest', () => {
    const affinity = new AffinityState(2);
    affinity.note('a', 'one');
    affinity.note('b', 'one');
    affinity.note('a', 'two');
    affinity.note('c', 'one');
    expect(['a', 'b', 'c'].map((each) => affinity.of(each))).toEqual(['two', undefined, 'one']);
  });
});
