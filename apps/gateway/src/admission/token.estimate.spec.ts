import { describe, expect, it } from '@jest/globals';
import { estimateChatTokens, estimateTextTokens } from './token.estimate.js';

describe('the estimate of tokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['hello world', 4],
    ['x'.repeat(3500), 1000],
    ['caf\u00e9', 2],
    ['\u4f60\u597d', 2],
    ['\u041f\u0440\u0438\u0432\u0435\u0442', 6],
  ])('of the text %j is %d', (text, tokens) => {
    expect(estimateTextTokens(text)).toBe(tokens);
  });

  it('grows with every letter, and never shrinks', () => {
    let before = 0;
    for (let length = 0; length < 200; length += 1) {
      const tokens = estimateTextTokens('a\u4f60'.repeat(length));
      expect(tokens).toBeGreaterThanOrEqual(before);
      before = tokens;
    }
  });

  it('counts each message, its frame and all its text parts', () => {
    const text = 'x'.repeat(35);
    expect(estimateChatTokens([])).toBe(0);
    expect(estimateChatTokens([{ role: 'user', content: '' }])).toBe(5);
    expect(
      estimateChatTokens([
        { role: 'system', content: text },
        { role: 'user', content: text },
      ]),
    ).toBe(30);
    expect(
      estimateChatTokens([
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'text', text },
          ],
        },
      ]),
    ).toBe(25);
  });
});
