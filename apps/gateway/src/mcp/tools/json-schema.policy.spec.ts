import { describe, expect, it } from '@jest/globals';
import { inToolWords, orNull, schemaProblem, withoutPatterns } from './json-schema.policy.js';

const nested = (depth: number): Record<string, unknown> => (depth === 0 ? {} : { items: nested(depth - 1) });

describe('a JSON schema of a caller', () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['a plain one', { type: 'object', properties: { a: { type: 'string' } } }, undefined],
    ['a property with the name of a keyword', { properties: { patternProperties: { type: 'string' } } }, undefined],
    ['a keyword that cannot be checked', { items: { patternProperties: {} } }, 'schema.items.patternProperties'],
    ['one that is too deep', nested(70), 'schema'],
    ['one that is too large', { enum: Array.from({ length: 6000 }, String) }, 'schema'],
  ])('is looked at before it is used: %s', (_, schema, path) => {
    expect(schemaProblem(schema)?.path).toBe(path);
  });

  it('may also be null, with its definitions where references look for them', () => {
    expect(orNull({ $schema: 'x', $id: 'y', type: 'object', $defs: { a: {} }, definitions: { b: {} } })).toEqual({
      $defs: { a: {} },
      definitions: { b: {} },
      anyOf: [{ type: 'object' }, { type: 'null' }],
    });
  });

  it.each([
    ['response_format.json_schema.schema.anyOf[0].properties.a.not', 'schema.properties.a.not'],
    ['response_format.json_schema.schema.$defs.a', 'schema.$defs.a'],
    ['response_format.json_schema.schema', 'schema'],
  ])('is spoken of in the words of the tool: %s', (text, words) => {
    expect(inToolWords(text)).toBe(words);
  });

  it('loses its patterns, but no data and no property of that name', () => {
    const schema = {
      properties: { pattern: { type: 'string', pattern: '(a+)+' } },
      items: [{ pattern: 'x' }],
      enum: [{ pattern: 'data' }],
    };
    expect(withoutPatterns(schema)).toEqual({
      properties: { pattern: { type: 'string' } },
      items: [{}],
      enum: [{ pattern: 'data' }],
    });
  });
});
