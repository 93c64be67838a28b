import { describe, expect, it } from '@jest/globals';
import { schemaProblems } from './json-schema.policy';

const problems = (schema: unknown): unknown => schemaProblems(JSON.stringify(schema));

describe('a JSON schema', () => {
  it('may be a record, nested, with references and choices', () => {
    expect(
      problems({
        type: 'object',
        properties: {
          name: { type: ['string', 'null'], maxLength: 12 },
          tags: { type: 'array', items: { enum: ['a', 'b'] } },
          day: { $ref: '#/$defs/day' },
          any: { anyOf: [{ type: 'boolean' }, true] },
        },
        required: ['name'],
        additionalProperties: false,
        $defs: { day: { type: 'string' } },
      }),
    ).toEqual([]);
  });

  it.each([
    ['', 'empty'],
    ['{ "type": ', 'not_json'],
    ['[1]', 'not_object'],
  ])('is not the text %j', (text, kind) => {
    expect(schemaProblems(text)).toEqual([expect.objectContaining({ path: '', kind })]);
  });

  it.each<[object, string, string]>([
    [{ type: 'objekt' }, 'type', 'type'],
    [{ properties: { a: { type: 3 } } }, 'properties.a.type', 'type'],
    [{ properties: { a: 'string' } }, 'properties.a', 'schemas'],
    [{ properties: [] }, 'properties', 'schemas'],
    [{ items: [{}] }, 'items', 'schemas'],
    [{ anyOf: 3 }, 'anyOf', 'schemas'],
    [{ properties: { a: {} }, required: ['b'] }, 'required', 'required'],
    [{ required: 'a' }, 'required', 'required'],
    [{ enum: [] }, 'enum', 'enum'],
    [{ maxLength: '3' }, 'maxLength', 'number'],
    [{ $ref: '#/$defs/none' }, '$ref', 'ref'],
    [{ $ref: 'https://example.com' }, '$ref', 'ref'],
    [{ properties: { a: { multipleOf: 2 } } }, 'properties.a.multipleOf', 'unsupported'],
  ])('is not %j', (schema, path, kind) => {
    expect(problems(schema)).toEqual([expect.objectContaining({ path, kind })]);
  });

  it('may refer to itself', () => {
    expect(problems({ type: 'object', properties: { next: { $ref: '#' } } })).toEqual([]);
  });

  it('is not deeper than people write', () => {
    let schema: object = {};
    for (let depth = 0; depth < 40; depth += 1) schema = { items: schema };
    expect(problems(schema)).toEqual([expect.objectContaining({ kind: 'schemas' })]);
  });
});
