import { describe, expect, it } from '@jest/globals';
import { ConnectionShares } from './connection-shares.state.js';

/** How many of a hundred tries each of them gets, in turns. */
function heldBy(names: readonly (string | undefined)[], shares: ConnectionShares): number[] {
  const held = names.map(() => 0);
  for (let round = 0; round < 100; round += 1)
    for (const [at, name] of names.entries()) if (shares.take(name)) held[at]! += 1;
  return held;
}

describe('shares of connections', () => {
  it.each([
    [['a'], [30]],
    [
      ['a', 'b'],
      [20, 20],
    ],
    [
      ['a', 'b', 'c', 'd', 'e'],
      [10, 10, 10, 10, 10],
    ],
  ])('leave as many as each of %j has to who comes next', (names, held) => {
    const shares = new ConnectionShares(60);
    expect(heldBy(names, shares)).toEqual(held);
    expect(shares.take('next')).toBe(true);
  });

  it('are free again when they are given back', () => {
    const shares = new ConnectionShares(4);
    expect([1, 2, 3].map(() => shares.take('a'))).toEqual([true, true, false]);
    shares.giveBack('a');
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
    shares.giveBack('a');
    shares.giveBack('a');
    expect(heldBy(['b'], shares)).toEqual([2]);
  });

  it('bind nobody who has no name, but count them', () => {
    const shares = new ConnectionShares(10);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].every(() => shares.take(undefined))).toBe(true);
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
    shares.giveBack(undefined);
    shares.giveBack(undefined);
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
  });

  it('let one of a single connection in', () => {
    const shares = new ConnectionShares(1);
    expect([shares.take('a'), shares.take('a')]).toEqual([true, false]);
  });
});
