import { describe, expect, it } from '@jest/globals';
import { estimateChatTokens, estimateInputTokens, estimateTextTokens } from './token.estimate.js';

describe('the estimate of tokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['hello world', 2],
    ['internationalization', 7],
    ['camelCaseName', 4],
    ['HTTP', 3],
    ['caf\u00e9', 2],
    ['in 2026', 6],
    ['a, b; c', 5],
    ['a\n    b', 4],
    ['\u4f60\u597d', 3],
    ['\u041f\u0440\u0438\u0432\u0435\u0442', 5],
    ['\u{1f389}', 2],
    ['\u{e01}', 2],
  ])('of the text %j is %d', (text, tokens) => {
    expect(estimateTextTokens(text)).toBe(tokens);
  });

  it('grows with every letter, and never shrinks', () => {
    let before = 0;
    const text = 'Caf\u00e9 \u4f60 42  x\n\tHTTPServer; \u{1f389}\u0416 '.repeat(10);
    for (let length = 0; length <= text.length; length += 1) {
      const tokens = estimateTextTokens(text.slice(0, length));
      expect(tokens).toBeGreaterThanOrEqual(before);
      before = tokens;
    }
  });

  it('counts each message, its frame and all its text parts', () => {
    const text = 'x'.repeat(35);
    const part = { type: 'text', text } as const;
    expect(estimateChatTokens({ messages: [] })).toBe(0);
    expect(estimateChatTokens({ messages: [{ role: 'user', content: '' }] })).toBe(5);
    const two = [
      { role: 'system', content: text },
      { role: 'user', content: text },
    ] as const;
    expect(estimateChatTokens({ messages: [...two] })).toBe(34);
    expect(estimateChatTokens({ messages: [{ role: 'user', content: [part, part] }] })).toBe(29);
    expect(estimateChatTokens({ messages: [{ role: 'assistant', content: null }] })).toBe(5);
    const refused = [{ type: 'refusal', refusal: text } as const];
    expect(estimateChatTokens({ messages: [{ role: 'assistant', content: refused }] })).toBe(17);
  });

  it('counts images, tools and calls', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
    expect(estimateChatTokens({ messages: [{ role: 'user', content: [image] }] })).toBe(773);
    const tools = [{ type: 'function', function: { name: 'f' } } as const];
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } } as const];
    expect(estimateChatTokens({ messages: [], tools: [...tools] })).toBe(23);
    expect(estimateChatTokens({ messages: [], tools: [] })).toBe(0);
    expect(estimateChatTokens({ messages: [{ role: 'assistant', tool_calls: [...calls] }] })).toBe(42);
  });

  it('counts the inputs of all forms', () => {
    expect(estimateInputTokens('x'.repeat(35))).toBe(12);
    expect(estimateInputTokens(['x'.repeat(35), 'a'])).toBe(13);
    expect(estimateInputTokens([1, 2, 3])).toBe(3);
    expect(estimateInputTokens([[1, 2], [3]])).toBe(3);
  });
});
