import { describe, expect, it } from '@jest/globals';
import { pieceBytes } from './token-bytes.translate.js';

describe('pieceBytes', () => {
  it.each([
    ['byteLevel', 'Ġhello', ' hello'],
    ['byteLevel', 'Ċ', '\n'],
    ['byteLevel', 'ðŁ¦Ĭ', '🦊'],
    ['sentencePiece', '▁hello', ' hello'],
    ['sentencePiece', 'é', 'é'],
    ['sentencePiece', '<0x0A>', '\n'],
  ] as const)('reads what a %s vocabulary writes as %s', (kind, piece, text) => {
    expect(Buffer.from(pieceBytes(piece, kind) ?? []).toString()).toBe(text);
  });

  it('reads parts of characters', () => {
    expect(pieceBytes('ðŁ', 'byteLevel')).toEqual([0xf0, 0x9f]);
    expect(pieceBytes('<0xF0>', 'sentencePiece')).toEqual([0xf0]);
  });

  it('does not guess what is written otherwise', () => {
    expect(pieceBytes('漢', 'byteLevel')).toBeUndefined();
  });
});
