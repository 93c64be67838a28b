import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../libs/config/src/index.js';

/** The root folder of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The text of a file of the repository. */
export function readRepositoryFile(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

/** The names among these that are no setting of the services. */
export function unknownSettings(names: readonly string[]): string[] {
  return names.filter((name) => !(name in SETTINGS));
}

/** Seconds of `40s`, the one form of a duration that our files use. */
export function seconds(duration: string): number {
  const match = /^(\d+)s$/.exec(duration);
  if (!match) throw new Error(`${duration} is not a number of seconds such as 40s`);
  return Number(match[1]);
}

/** The default of a setting as a number. */
export function numericDefault(name: keyof typeof SETTINGS): number {
  return Number(SETTINGS[name].default);
}
