import { describe, expect, it } from '@jest/globals';
import { threadsFor } from './threads.policy.js';

const cpuinfo = (cores: [socket: number, core: number][]): string =>
  cores
    .map(([socket, core], index) => `processor\t: ${index}\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`)
    .join('\n');

describe('threadsFor', () => {
  it('takes the configured number', () => {
    expect(threadsFor(3, '', 64)).toBe(3);
  });

  it('leaves one physical core free, counting two threads of one core once', () => {
    const text = cpuinfo([
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(threadsFor(0, text, 8)).toBe(3);
  });

  it('uses no more than the process may use', () => {
    expect(
      threadsFor(
        0,
        cpuinfo([
          [0, 0],
          [0, 1],
          [0, 2],
          [0, 3],
        ]),
        2,
      ),
    ).toBe(1);
  });

  it('counts processors where the system does not tell its cores', () => {
    expect(threadsFor(0, '', 8)).toBe(7);
    expect(threadsFor(0, 'processor : 0\n', 1)).toBe(1);
  });
});
