/** Packages insist on some key, also where none is needed. */
const NO_KEY = 'not-needed';

/** A text as Python, JavaScript and JSON write it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A text as one word of a POSIX shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The key for a package that insists on one. */
export function someKey(key: string | undefined): string {
  return key ?? NO_KEY;
}

/** Lines put together; undefined ones are left out. */
export function lines(...all: readonly (string | undefined)[]): string {
  return all.filter((line) => line !== undefined).join('\n');
}

/** JSON on one line with a space after each sign, as people write it. */
export function spacedJson(value: unknown): string {
  return JSON.stringify(value, undefined, 1).replaceAll(/\n\s*/g, ' ');
}
