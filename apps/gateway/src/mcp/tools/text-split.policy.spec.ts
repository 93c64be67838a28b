import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { splitText } from './text-split.policy.js';

describe('a text that is split', () => {
  it.each<[string, string, number, string[]]>([
    ['stays whole when it fits', 'One. Two.', 10, ['One. Two.']],
    [
      'parts at paragraphs',
      'One one one.\n\nTwo two two.\n\nThree.',
      6,
      ['One one one.\n\n', 'Two two two.\n\n', 'Three.'],
    ],
    ['keeps short paragraphs together', 'One.\n\nTwo.\n\nThree three.', 8, ['One.\n\nTwo.\n\n', 'Three three.']],
    [
      'parts at sentences within a long paragraph',
      'One is one. Two is two. Three is three.',
      5,
      ['One is one. ', 'Two is two. ', 'Three is three.'],
    ],
    ['parts at words within a long sentence', 'one two three four', 2, ['one two ', 'three four']],
    ['parts inside of a long word', 'a'.repeat(20), 5, ['a'.repeat(14), 'a'.repeat(6)]],
    ['parts after an ideographic full stop', '一二三。四五六。', 6, ['一二三。', '四五六。']],
  ])('%s', (_, text, most, pieces) => {
    expect(splitText(text, most)).toEqual(pieces);
  });

  it('is whole again when it is put together, and no piece is over the budget', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '字', '😀', ' ', '\n', '.', '!', '"'), maxLength: 300 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 40 }), (whole, most) => {
        const pieces = splitText(whole, most);
        expect(pieces.join('')).toBe(whole);
        expect(pieces.every((piece) => estimateTextTokens(piece) <= most)).toBe(true);
      }),
    );
  });
});
