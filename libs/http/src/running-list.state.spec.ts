import { describe, expect, it } from '@jest/globals';
import { RunningList } from './running-list.state.js';

const itemsOf = (list: RunningList<string>): string[] => [...list].map(({ item }) => item);

describe('the list of what runs', () => {
  it('has what was put on it and not taken off, in whatever order that happens', () => {
    const list = new RunningList<string>();
    const off = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, list.add(name)]));
    for (const name of ['b', 'e', 'a']) off.get(name)?.();
    list.add('f');
    expect(itemsOf(list).sort()).toEqual(['c', 'd', 'f']);
    expect(list.size).toBe(3);
  });

  it('takes nothing else off when something is taken off again', () => {
    const list = new RunningList<string>();
    const off = list.add('a');
    list.add('b');
    off();
    off();
    expect(itemsOf(list)).toEqual(['b']);
  });

  it('has the same thing as often as it was put on it', () => {
    const list = new RunningList<string>();
    list.add('a');
    const off = list.add('a');
    off();
    expect(itemsOf(list)).toEqual(['a']);
  });

  it('leaves out what is taken off, and what is added, while somebody looks through it', () => {
    const list = new RunningList<string>();
    const off = ['a', 'b', 'c', 'd'].map((name) => list.add(name));
    const seen: string[] = [];
    for (const { item } of list) {
      seen.push(item);
      if (item === 'b') {
        off[0]?.();
        off[2]?.();
        list.add('e');
      }
    }
    expect(seen).toEqual(['a', 'b', 'd']);
  });

  it('is empty when all are taken off', () => {
    const list = new RunningList<string>();
    const off = list.add('a');
    list.clear();
    off();
    expect([list.size, ...itemsOf(list)]).toEqual([0]);
  });
});
