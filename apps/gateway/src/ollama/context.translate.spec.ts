import { describe, expect, it } from '@jest/globals';
import { decodeContext, encodeContext, type ContextMessage } from './context.translate.js';

const TALK: readonly ContextMessage[] = [
  { role: 'system', content: 'be kind' },
  { role: 'user', content: 'héllo \u{1F600}' },
  { role: 'assistant', content: '' },
];

describe('the context of /api/generate', () => {
  it.each([0, 1, 2, 3])('comes back as the conversation it was (%i more bytes)', (more) => {
    const talk = [...TALK, { role: 'user', content: 'x'.repeat(more) } as const];
    expect(decodeContext(encodeContext(talk))).toEqual(talk);
  });

  it('is whole numbers that every JSON parser keeps', () => {
    expect(encodeContext(TALK).every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
  });

  it.each([
    ['tokens of another server', [1, 4093, 198]],
    ['nothing', []],
    ['one that was cut', encodeContext(TALK).slice(0, -1)],
    ['one with a longer number', encodeContext(TALK).with(2, 2 ** 24)],
    ['one that says another role', encodeContext([{ role: 'tool' as 'user', content: 'x' }])],
    ['one whose text was changed', encodeContext(TALK).with(2, 0)],
  ])('refuses %s', (_, numbers) => {
    expect(() => decodeContext(numbers)).toThrow(/^context is not one/);
  });
});
