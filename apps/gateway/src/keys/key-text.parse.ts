/** How every key begins, so that scanners of code and people know one when they see it. */
const KEY_MARK = 'lla_';

const KEY = /^lla_([a-z0-9]{10})_[A-Za-z0-9_-]{43}$/;

/** The id in a key, or undefined for a text that is no key of ours. */
export function keyIdOf(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

/** The part of a key that may be shown. */
export function keyPrefixOf(id: string): string {
  return `${KEY_MARK}${id}_`;
}
