import { describe, expect, it } from '@jest/globals';
import { TokenTextState } from './token-text.state.js';

/** Each token is one byte. */
const bytes = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8');

describe('TokenTextState', () => {
  it('holds back the bytes of a character until it is complete', () => {
    const state = new TokenTextState(bytes);
    const sent = [...Buffer.from('a🦊b')].map((byte) => state.push(byte));
    expect(sent).toEqual(['a', '', '', '', '🦊', 'b']);
  });

  it('leaves out a character that the end of the answer cuts', () => {
    const state = new TokenTextState(bytes);
    for (const byte of Buffer.from('🦊').subarray(0, 2)) state.push(byte);
    expect(state.flush()).toBe('');
    expect(state.flush()).toBe('');
  });

  it('does not hold back broken bytes for ever', () => {
    const state = new TokenTextState(bytes);
    const sent = Array.from({ length: 8 }, () => state.push(0xff)).join('');
    expect(sent).toBe('\uFFFD'.repeat(8));
  });

  it('gives the tokenizer the tokens before, so that it sets spaces right', () => {
    const seen: number[][] = [];
    const state = new TokenTextState((tokens, before) => {
      seen.push([...before]);
      return tokens.join();
    });
    for (const token of [1, 2, 3, 4, 5]) state.push(token);
    expect(seen).toEqual([[], [1], [1, 2], [1, 2, 3], [2, 3, 4]]);
  });
});
