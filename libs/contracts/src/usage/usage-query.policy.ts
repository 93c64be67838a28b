import { ERROR_CODES } from '../errors/error-codes.js';
import type { Problem } from '../validation/located.constraint.js';

/** What usage can be grouped by. */
export const USAGE_GROUPS = ['key', 'model', 'day', 'tier', 'endpoint'] as const;
/** One of {@link USAGE_GROUPS}. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** What requests can be filtered by: how they ended; `failed` is every error. */
export const OUTCOME_FILTERS: readonly string[] = ['ok', 'failed', 'client_left', ...Object.keys(ERROR_CODES)];

const LONGEST_TEXT = 300;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Whether the text names a group. */
export function isUsageGroup(text: string): text is UsageGroup {
  return (USAGE_GROUPS as readonly string[]).includes(text);
}

/** What is wrong with a day. */
export function dayProblem(value: unknown, path: string): Problem | undefined {
  if (typeof value === 'string' && DAY.test(value)) {
    const moment = Date.parse(`${value}T00:00:00Z`);
    // The 31st of a month that has 30 days would be the first of the next one.
    if (!Number.isNaN(moment) && new Date(moment).toISOString().startsWith(value)) return undefined;
  }
  return { path, message: 'must be a day such as 2026-01-20' };
}

/** What is wrong with a list of groups. */
export function groupsProblem(value: unknown, path: string): Problem | undefined {
  const names = typeof value === 'string' ? value.split(',') : [];
  if (names.length > 0 && names.every(isUsageGroup) && new Set(names).size === names.length) return undefined;
  return { path, message: `must be one or more of ${USAGE_GROUPS.join(', ')}, separated by commas, each once` };
}

/** What is wrong with one of several words. */
export function choiceProblem(value: unknown, path: string, choices: readonly string[]): Problem | undefined {
  if (typeof value === 'string' && choices.includes(value)) return undefined;
  return { path, message: `must be one of ${choices.join(', ')}` };
}

/** What is wrong with the text to look for. */
export function filterProblem(value: unknown, path: string): Problem | undefined {
  // Postgres has no text with NUL in it.
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && !value.includes('\0'))
    return undefined;
  return { path, message: `must be given once, as a text of at most ${LONGEST_TEXT} characters` };
}

/** What is wrong with a number of rows. */
export function limitProblem(value: unknown, path: string, most: number): Problem | undefined {
  if (typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) && Number(value) <= most) return undefined;
  return { path, message: `must be a whole number from 1 to ${most}` };
}
