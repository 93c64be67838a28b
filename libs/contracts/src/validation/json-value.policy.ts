/** Escapes that may stand for NUL or for half of a character; a pair of halves is found too, and looked at closer. */
const SUSPICIOUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/** With the flag `u` a pair is one character, so that only halves without their partner match. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/** Whether texts of the JSON may hold NUL or half a character. Unescaped, neither gets past UTF-8 and the parser. */
export function hasSuspiciousEscape(json: string): boolean {
  return json.includes('\\u') && SUSPICIOUS_ESCAPE.test(json);
}

/** Whether the text can be passed on: a C library cuts it at NUL, and half a character has no UTF-8. */
export function isSoundText(text: string): boolean {
  return !text.includes('\0') && !HALF_CHARACTER.test(text);
}

/**
 * Members of all objects inside the value, or -1 when a part of it cannot be passed on: a number beyond what a number
 * can hold, a member named `__proto__`, or, where `texts` are to be looked at, one that is not sound.
 * The value must not be deeper than the stack allows.
 */
export function countSoundMembers(value: unknown, texts: boolean): number {
  if (typeof value === 'string') return texts && !isSoundText(value) ? -1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : -1;
  if (typeof value !== 'object' || value === null) return 0;
  return Array.isArray(value) ? countOfList(value, texts) : countOfObject(value as Record<string, unknown>, texts);
}

function countOfList(list: readonly unknown[], texts: boolean): number {
  let members = 0;
  for (const item of list) {
    // Lists of tokens are long; the shorter way halves their time.
    if (typeof item === 'number' && Number.isFinite(item)) continue;
    const inside = countSoundMembers(item, texts);
    if (inside < 0) return -1;
    members += inside;
  }
  return members;
}

function countOfObject(object: Readonly<Record<string, unknown>>, texts: boolean): number {
  const keys = Object.keys(object);
  let members = keys.length;
  for (const key of keys) {
    if (key === '__proto__' || (texts && !isSoundText(key))) return -1;
    const inside = countSoundMembers(object[key], texts);
    if (inside < 0) return -1;
    members += inside;
  }
  return members;
}
