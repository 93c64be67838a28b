import { createHash, randomBytes } from 'node:crypto';
import { keyPrefixOf } from './key-text.parse.js';

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_LENGTH = 10;
/** 256 bits: nothing that can be guessed, so that one fast hash is enough to store it by. */
const SECRET_BYTES = 32;

/** A new id: 50 random bits, in letters that cannot be mistaken. */
export function newKeyId(): string {
  return [...randomBytes(ID_LENGTH)].map((byte) => ID_LETTERS.charAt(byte % ID_LETTERS.length)).join('');
}

/** A new key with this id. */
export function newKeyText(id: string): string {
  return keyPrefixOf(id) + randomBytes(SECRET_BYTES).toString('base64url');
}

/** What is stored of a key. */
export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
