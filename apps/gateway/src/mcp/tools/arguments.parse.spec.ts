import { describe, expect, it } from '@jest/globals';
import { ApiError } from '@local-llm-agent/contracts';
import { z } from 'zod';
import { parseArguments, toPath } from './arguments.parse.js';

const SCHEMA = z.strictObject({
  name: z.string().min(2).max(4),
  kind: z.enum(['a', 'b']).default('a'),
  size: z.int().min(1).max(9).optional(),
  list: z
    .array(z.strictObject({ on: z.boolean() }))
    .max(2)
    .optional(),
  either: z.union([z.string(), z.number()], { error: 'must be a text or a number' }).optional(),
});

function refusal(values: unknown): [string | undefined, string] {
  try {
    parseArguments(SCHEMA, values);
  } catch (error) {
    if (error instanceof ApiError) return [error.param, error.message];
    throw error;
  }
  throw new Error('It was taken.');
}

describe('arguments of a tool', () => {
  it('are taken with their defaults; null counts as not set', () => {
    expect(parseArguments(SCHEMA, { name: 'abc', size: null })).toEqual({ name: 'abc', kind: 'a' });
  });

  it.each<[unknown, string, string]>([
    [7, 'arguments', 'The arguments must be an object.'],
    [[], 'arguments', 'The arguments must be an object.'],
    [{}, 'name', 'name is missing.'],
    [{ name: null }, 'name', 'name is missing.'],
    [{ name: 1 }, 'name', 'name must be a string.'],
    [{ name: 'x' }, 'name', 'name must have at least 2 characters.'],
    [{ name: 'xxxxx' }, 'name', 'name must have at most 4 characters.'],
    [{ name: 'xx', kind: 'c' }, 'kind', "kind must be one of 'a', 'b'."],
    [{ name: 'xx', size: 0 }, 'size', 'size must be at least 1.'],
    [{ name: 'xx', size: 1.5 }, 'size', 'size must be a whole number.'],
    [{ name: 'xx', size: '1' }, 'size', 'size must be a number.'],
    [{ name: 'xx', list: {} }, 'list', 'list must be a list.'],
    [{ name: 'xx', list: [{ on: true }, {}] }, 'list[1].on', 'list[1].on is missing.'],
    [{ name: 'xx', list: [{ on: 1 }] }, 'list[0].on', 'list[0].on must be a boolean.'],
    [{ name: 'xx', list: [1] }, 'list[0]', 'list[0] must be an object.'],
    [
      { name: 'xx', list: [{ on: true, off: 1 }] },
      'list[0].off',
      'list[0].off is not an argument of this tool. Leave it out.',
    ],
    [{ name: 'xx', list: [1, 2, 3] }, 'list', 'list must have at most 2 items.'],
    [{ name: 'xx', either: [] }, 'either', 'either must be a text or a number.'],
    [{ name: 'xx', nmae: 1 }, 'nmae', 'nmae is not an argument of this tool. Leave it out.'],
  ])('%j are refused for %s', (values, param, message) => {
    expect(refusal(values)).toEqual([param, message]);
  });

  it('have paths as a client would write them', () => {
    expect(toPath(['a', 0, 'b', 'c', 12])).toBe('a[0].b.c[12]');
  });
});
