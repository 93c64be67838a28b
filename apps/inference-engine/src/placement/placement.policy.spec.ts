import { describe, expect, it } from '@jest/globals';
import { choosePlace, type Candidate } from './placement.policy.js';

type Named = Candidate & { readonly id: string };

function host(id: string, fields: Partial<Candidate> = {}): Named {
  return {
    id,
    up: true,
    tried: false,
    resident: false,
    outstanding: 0,
    slots: 2,
    needBytes: 10,
    availableBytes: 100,
    spokeLast: false,
    ...fields,
  };
}

const chosen = (...hosts: readonly Named[]): string | undefined => choosePlace(hosts)?.id;

describe('the place of a request', () => {
  it('is where the model is in memory, rather than where it would have to be loaded', () => {
    expect(chosen(host('a'), host('b', { resident: true, outstanding: 3 }))).toBe('b');
  });

  it('is where a slot is free, else where the fewest rounds are ahead of it', () => {
    const busy = host('a', { resident: true, outstanding: 2 });
    expect(chosen(busy, host('b', { resident: true, outstanding: 1 }))).toBe('b');
    expect(chosen(busy, host('b', { resident: true, outstanding: 3, slots: 8 }))).toBe('b');
  });

  it('is another one with room when two rounds are waiting where the model is', () => {
    const full = host('a', { resident: true, outstanding: 4 });
    expect(chosen(full, host('b'))).toBe('b');
    expect(chosen(full, host('b', { availableBytes: 9 }))).toBe('a');
  });

  it('is where the model fits beside what is there, else where the least has to go', () => {
    expect(chosen(host('a', { availableBytes: 5 }), host('b'))).toBe('b');
    expect(chosen(host('a', { availableBytes: 2 }), host('b', { availableBytes: 5 }))).toBe('b');
    expect(chosen(host('a', { availableBytes: -4 }), host('b', { availableBytes: -8 }))).toBe('a');
  });

  it('is the one with less under way where several have room', () => {
    expect(chosen(host('a', { outstanding: 1 }), host('b'))).toBe('b');
  });

  it('is the one that has the conversation in its cache, unless another is quicker by a round', () => {
    const other = host('a', { resident: true });
    expect(chosen(other, host('b', { resident: true, outstanding: 1, spokeLast: true }))).toBe('b');
    expect(chosen(other, host('b', { resident: true, outstanding: 2, spokeLast: true }))).toBe('a');
    expect(chosen(other, host('b', { spokeLast: true }))).toBe('a');
  });

  it('is never one that is down, or where the request has failed', () => {
    const best = { resident: true, spokeLast: true };
    expect(chosen(host('a', { ...best, up: false }), host('b', { ...best, tried: true }), host('c'))).toBe('c');
    expect(chosen(host('a', { up: false }))).toBeUndefined();
    expect(chosen()).toBeUndefined();
  });

  it('is the first of equals', () => {
    expect(chosen(host('a'), host('b'))).toBe('a');
    expect(chosen(host('a', { availableBytes: Infinity }), host('b', { availableBytes: Infinity }))).toBe('a');
  });
});
