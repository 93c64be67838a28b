import { describe, expect, it } from '@jest/globals';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import { alignTokens, toTokens } from './token-logprob.translate.js';

/** As Ollama sends a token: each byte that is no UTF-8 by itself is lost. */
function sent(token: string): TokenLogprob {
  return { token, logprob: -1, bytes: token.includes('\uFFFD') ? null : [...Buffer.from(token)], top_logprobs: [] };
}

describe('toTokens', () => {
  it('gives the shape of OpenAI, with bytes only where none are lost', () => {
    const tokens = toTokens([
      {
        token: 'é',
        logprob: -0.25,
        bytes: [195, 169],
        top_logprobs: [
          { token: 'é', logprob: -0.25, bytes: [195, 169] },
          { token: '\uFFFD', logprob: -3, bytes: [239, 191, 189] },
        ],
      },
      { token: 'x', logprob: -1 },
    ]);
    expect(tokens).toEqual([
      {
        token: 'é',
        logprob: -0.25,
        bytes: [195, 169],
        top_logprobs: [
          { token: 'é', logprob: -0.25, bytes: [195, 169] },
          { token: '\uFFFD', logprob: -3, bytes: null },
        ],
      },
      { token: 'x', logprob: -1, bytes: [120], top_logprobs: [] },
    ]);
  });

  it.each([undefined, null, 'x', [null], [{ token: 1 }], [{ token: 'a' }]])('gives nothing for %j', (value) => {
    expect(toTokens(value)).toEqual([]);
  });
});

describe('alignTokens', () => {
  it.each<[string, string, string[], [string, number[]][], string[]]>([
    ['one token', 'Hi', ['Hi'], [['Hi', [72, 105]]], []],
    [
      'several tokens',
      'a b',
      ['a', ' b'],
      [
        ['a', [97]],
        [' b', [32, 98]],
      ],
      [],
    ],
    [
      'a character in pieces',
      '🦄',
      ['\uFFFD\uFFFD', '\uFFFD', '\uFFFD'],
      [
        ['', [240, 159]],
        ['', [166]],
        ['🦄', [132]],
      ],
      [],
    ],
    [
      'a piece with whole characters before it',
      'a🦄b',
      ['a\uFFFD\uFFFD', '\uFFFD\uFFFDb'],
      [
        ['a', [97, 240, 159]],
        ['🦄b', [166, 132, 98]],
      ],
      [],
    ],
    ['a real replacement character', '\uFFFD', ['\uFFFD'], [['\uFFFD', [239, 191, 189]]], []],
    [
      'a stop text cut off',
      'a b',
      ['a', ' bcd', 'e'],
      [
        ['a', [97]],
        [' b', [32, 98]],
      ],
      ['e'],
    ],
    ['a thought before it', 'So', ['Hm', '</think>', 'So'], [['So', [83, 111]]], []],
    ['text that is still to come', 'a', ['a', 'b'], [['a', [97]]], ['b']],
    ['tokens that do not fit', 'q', ['a'], [['a', [97]]], []],
  ])('finds the tokens of %s', (...[, content, tokens, used, left]) => {
    const aligned = alignTokens(content, tokens.map(sent));
    expect(aligned.used.map(({ token, bytes }) => [token, bytes])).toEqual(used);
    expect(aligned.left.map(({ token }) => token)).toEqual(left);
  });
});
