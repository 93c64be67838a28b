import type { Problem } from './located.constraint.js';

/** Whether the value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the parameter counts as not set. */
export function isUnset(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** What is wrong with a value that must be one of these texts. */
export function choiceProblem(value: unknown, path: string, choices: readonly string[]): Problem | undefined {
  if (typeof value === 'string' && choices.includes(value)) return undefined;
  return { path, message: `must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}` };
}

/** What is wrong with an optional text of bounded length. */
export function textProblem(value: unknown, path: string, most = Infinity): Problem | undefined {
  if (isUnset(value)) return undefined;
  if (typeof value !== 'string') return { path, message: 'must be a string' };
  return value.length > most ? { path, message: `must have at most ${most} characters` } : undefined;
}
