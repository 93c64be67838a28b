import type { Problem } from '../validation/located.constraint.js';

/** Most prompts or inputs of a request, as at OpenAI. */
export const MOST_PROMPTS = 2048;
/** Largest id of a token; runtimes hold ids in 32 bits. */
export const MOST_TOKEN_ID = 2 ** 31 - 1;

function isToken(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_TOKEN_ID;
}

function tokensProblem(tokens: readonly unknown[], path: string): Problem | undefined {
  const bad = tokens.findIndex((token) => !isToken(token));
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a token id: a whole number from 0' };
}

function itemProblem(item: unknown, path: string): Problem | undefined {
  if (typeof item === 'string') return item === '' ? { path, message: 'must not be empty' } : undefined;
  if (!Array.isArray(item)) return { path, message: 'must be a string or an array of token ids' };
  return item.length === 0 ? { path, message: 'must not be empty' } : tokensProblem(item, path);
}

/** What is wrong with a prompt or an input: a text, texts, the tokens of one text, or of several. */
export function promptProblem(value: unknown, path: string): Problem | undefined {
  if (typeof value === 'string') return value === '' ? { path, message: 'must not be empty' } : undefined;
  if (!Array.isArray(value)) return { path, message: 'must be a string, or an array of strings or token ids' };
  if (value.length === 0) return { path, message: 'must not be empty' };
  if (typeof value[0] === 'number') return tokensProblem(value, path);
  if (value.length > MOST_PROMPTS) return { path, message: `must have at most ${MOST_PROMPTS} items` };
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    const problem = itemProblem(item, `${path}[${index}]`);
    if (problem) return problem;
    if (typeof item !== typeof value[0])
      return { path: `${path}[${index}]`, message: 'must be of the same kind as the items before it' };
  }
  return undefined;
}
