import type { z } from 'zod';
import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';

/** The path of a field as a client would write it: `messages[3].content`. */
export function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'a boolean',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

const list = (values: readonly unknown[]): string => values.map((value) => `'${String(value)}'`).join(', ');

function bound(issue: { readonly origin: string }, side: 'least' | 'most', limit: number | bigint): string {
  const unit = UNITS[issue.origin];
  return `must ${unit ? 'have' : 'be'} at ${side} ${String(limit)}${unit ?? ''}`;
}

/** What is wrong with the value, as the rest of a sentence that begins with its path. */
function complaint(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom' || issue.code === 'invalid_union') return issue.message;
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${list(issue.values)}`;
  if (issue.code === 'too_small') return bound(issue, 'least', issue.minimum);
  return issue.code === 'too_big' ? bound(issue, 'most', issue.maximum) : 'is invalid';
}

function toError(issue: z.core.$ZodIssue): ApiError {
  if (issue.code === 'unrecognized_keys') {
    const path = toPath([...issue.path, issue.keys[0] ?? '']);
    return invalidRequest(`${path} is not an argument of this tool. Leave it out.`, { param: path });
  }
  const path = toPath(issue.path);
  return invalidRequest(`${path} ${complaint(issue)}.`, { param: path });
}

/**
 * Arguments of a tool as its schema gives them. A null counts as not set. Throws a 400 that names the path of the
 * first bad one.
 */
export function parseArguments<S extends z.ZodObject>(schema: S, values: unknown): z.infer<S> {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw invalidRequest('The arguments must be an object.', { param: 'arguments' });
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const { data, error } = schema.safeParse(set, { reportInput: true });
  const issue = error?.issues[0];
  if (issue) throw toError(issue);
  return data as z.infer<S>;
}
