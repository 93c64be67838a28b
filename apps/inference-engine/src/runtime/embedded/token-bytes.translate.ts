/** How a vocabulary writes its tokens down. */
export type VocabularyKind = 'byteLevel' | 'sentencePiece';

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/u;

/** The bytes that the characters of GPT-2's vocabulary stand for: printable ones for themselves, the others from 256 on. */
const BYTES: ReadonlyMap<string, number> = (() => {
  const bytes = new Map<string, number>();
  let others = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    bytes.set(String.fromCodePoint(printable ? byte : 256 + others++), byte);
  }
  return bytes;
})();

/** The bytes of a token that is a part of a character, from how the vocabulary writes it; undefined when it does not say. */
export function pieceBytes(piece: string, kind: VocabularyKind): readonly number[] | undefined {
  if (kind === 'sentencePiece') {
    const byte = BYTE_TOKEN.exec(piece)?.[1];
    return byte === undefined ? [...Buffer.from(piece.replaceAll('\u2581', ' '))] : [Number.parseInt(byte, 16)];
  }
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = BYTES.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}
