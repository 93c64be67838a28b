import { describe, expect, it } from '@jest/globals';
import { LineSplitter } from './ndjson.parse.js';

const TEXT = '{"a":"ä€😀"}\n{"b":2}\n\n{"c":"3"}';

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts, bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

describe('LineSplitter', () => {
  it('gives the same lines wherever the reads are cut, also within a character', () => {
    const bytes = Buffer.from(TEXT);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 3) {
        const splitter = new LineSplitter(100);
        const lines = splitAt(bytes, [first, second]).flatMap((read) => splitter.push(read) ?? ['too long']);
        expect([...lines, splitter.end()].filter((line) => line !== '')).toEqual([
          '{"a":"ä€😀"}',
          '{"b":2}',
          '{"c":"3"}',
        ]);
      }
    }
  });

  it('gives the lines of one read in one go', () => {
    expect(new LineSplitter(100).push(Buffer.from('a\nb\nc\nd'))).toEqual(['a', 'b', 'c']);
  });

  it('keeps what has no newline yet', () => {
    const splitter = new LineSplitter(100);
    expect(splitter.push(Buffer.from('ab'))).toEqual([]);
    expect(splitter.push(Buffer.from('cd\n'))).toEqual(['abcd']);
    expect(splitter.end()).toBe('');
  });

  it('refuses an unfinished line over the limit, and only then', () => {
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('abcd'))).toEqual([]);
    expect(splitter.push(Buffer.from('\nabc'))).toEqual(['abcd']);
    expect(splitter.push(Buffer.from('de'))).toBeUndefined();
    expect(new LineSplitter(4).push(Buffer.from('a\nbcdef'))).toBeUndefined();
  });
});
