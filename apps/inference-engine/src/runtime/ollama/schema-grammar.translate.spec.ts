import { describe, expect, it } from '@jest/globals';
import { toGrammarSchema } from './schema-grammar.translate.js';

type Schema = Readonly<Record<string, unknown>>;
const ANY = { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] };
const flag = { type: 'boolean' };
const closed = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

describe('toGrammarSchema', () => {
  it.each<[string, Schema, Schema]>([
    ['leaves out notes', { ...flag, title: 'T', description: 'D', default: true, 'x-mine': 1 }, flag],
    ['closes an object', { properties: { a: flag }, required: ['a'] }, closed({ a: flag }, ['a'])],
    ['closes an open object', { properties: { a: flag }, additionalProperties: true }, closed({ a: flag })],
    ['keeps a map', { type: 'object', additionalProperties: flag }, { type: 'object', additionalProperties: flag }],
    ['lets any object be any object', { type: 'object', additionalProperties: {} }, { type: 'object' }],
    ['spells out what may be anything', { properties: { a: {}, b: true } }, closed({ a: ANY, b: ANY })],
    ['makes alternatives of types', { type: ['string', 'null'] }, { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    [
      'looks at what a type is told and at nothing else',
      { type: ['null', 'boolean'], maxLength: 3, items: flag, minimum: 1 },
      { anyOf: [{ type: 'null' }, flag] },
    ],
    ['takes the one schema of allOf', { allOf: [flag], description: 'D' }, flag],
    [
      'takes oneOf for anyOf where the schemas exclude each other',
      { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    ],
    [
      'makes a tuple of a list of items',
      { type: 'array', items: [flag, { const: 1 }], additionalItems: false },
      { type: 'array', prefixItems: [flag, { const: 1 }] },
    ],
    ['counts items of any kind', { type: 'array', minItems: 2 }, { type: 'array', items: ANY, minItems: 2 }],
    [
      'brings bounds of integers together',
      { type: 'integer', minimum: 0.5, exclusiveMinimum: 1, exclusiveMaximum: 7.5, multipleOf: 1 },
      { type: 'integer', minimum: 2, maximum: 7 },
    ],
    [
      'gives definitions names of its own, and only those that are used',
      {
        properties: { a: { $ref: '#/definitions/a b' }, c: { $ref: '#/definitions/a%20b' } },
        definitions: { 'a b': flag, unused: { not: {} } },
      },
      { ...closed({ a: { $ref: '#/$defs/d0' }, c: { $ref: '#/$defs/d0' } }), $defs: { d0: flag } },
    ],
    [
      'puts the root in place of a reference',
      { $ref: '#/$defs/n', $defs: { n: { properties: { n: { $ref: '#/$defs/n' } } } } },
      { ...closed({ n: { $ref: '#/$defs/d0' } }), $defs: { d0: closed({ n: { $ref: '#/$defs/d0' } }) } },
    ],
    [
      'follows a reference to the whole',
      { type: 'array', items: { $ref: '#' } },
      {
        type: 'array',
        items: { $ref: '#/$defs/d0' },
        $defs: { d0: { type: 'array', items: { $ref: '#/$defs/d0' } } },
      },
    ],
    ['keeps lengths', { type: 'string', minLength: 1, maxLength: 2 }, { type: 'string', minLength: 1, maxLength: 2 }],
    ['writes patterns anew', { pattern: '^\\d+$' }, { type: 'string', pattern: '^[0-9]+$' }],
  ])('%s', (_name, schema, expected) => {
    expect(toGrammarSchema(schema, 's')).toEqual(expected);
  });

  it.each<[string, Schema, string, RegExp]>([
    ['a keyword without grammar', { type: 'array', uniqueItems: true }, 's.uniqueItems', /no grammar for uniqueItems/],
    ['a keyword deep down', { properties: { a: { items: { not: {} } } } }, 's.properties.a.items.not', /not/],
    ['a keyword of a definition', { $ref: '#/$defs/a', $defs: { a: { not: {} } } }, 's.$defs.a.not', /not/],
    [
      'what stands beside a reference',
      { $ref: '#/$defs/a', type: 'string', $defs: { a: {} } },
      's.type',
      /beside \$ref/,
    ],
    ['what stands beside alternatives', { anyOf: [flag], required: ['a'] }, 's.required', /beside anyOf/],
    ['two schemas in allOf', { allOf: [flag, flag] }, 's.allOf', /one schema/],
    ['no alternatives', { anyOf: [] }, 's.anyOf', /at least one/],
    ['alternatives that may both fit', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, 's.oneOf', /anyOf/],
    ['a value of another type', { type: ['string', 'null'], enum: ['a', null, 1] }, 's.enum[2]', /string or null/],
    ['a constant of another type', { type: 'integer', const: 1.5 }, 's.const', /integer/],
    ['no values', { enum: [] }, 's.enum', /at least one/],
    ['false', { properties: { a: false } }, 's.properties.a', /no answer can fit/],
    ['what is no schema', { items: 'string' }, 's.items', /object or true/],
    ['an unknown type', { type: 'text' }, 's.type', /must be one of/],
    ['no type where it matters', { minLength: 1, minItems: 1 }, 's', /has no type/],
    ['a name that is not listed', { properties: { a: flag }, required: ['a', 'b'] }, 's.required[1]', /properties/],
    [
      'more names beside listed ones',
      { properties: { a: flag }, additionalProperties: flag },
      's.additionalProperties',
      /false/,
    ],
    ['bounds of a decimal number', { type: 'number', exclusiveMaximum: 1 }, 's.exclusiveMaximum', /no grammar/],
    ['bounds that exclude each other', { type: 'integer', minimum: 3, maximum: 2 }, 's', /no number at all/],
    ['a bound beyond all digits', { type: 'integer', maximum: 1e16 }, 's.maximum', /between/],
    ['more repetitions than llama.cpp survives', { type: 'string', maxLength: 2001 }, 's.maxLength', /from 0 to 2000/],
    ['counts that exclude each other', { type: 'array', minItems: 3, maxItems: 2 }, 's.minItems', /maxItems/],
    ['a tuple that is too short', { prefixItems: [flag], minItems: 2 }, 's.minItems', /prefixItems/],
    ['a tuple that is too long', { prefixItems: [flag, flag], maxItems: 1 }, 's.maxItems', /prefixItems/],
    ['a format without grammar', { type: 'string', format: 'email' }, 's.format', /uuid/],
    ['a pattern and a length', { pattern: '^a$', maxLength: 2 }, 's.maxLength', /beside pattern/],
    ['a pattern that looks around', { pattern: '^(?!a)b$' }, 's.pattern', /look-around/],
    ['a reference to elsewhere', { $ref: 'https://example.org/s' }, 's.$ref', /leads nowhere/],
    ['a reference to nothing', { $ref: '#/$defs/a' }, 's.$ref', /leads nowhere/],
    ['a reference to itself', { $ref: '#' }, 's', /itself/],
    [
      'alternatives that lead back',
      { $ref: '#/$defs/a', $defs: { a: { anyOf: [flag, { $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } } },
      's.$defs.a',
      /itself/,
    ],
  ])('refuses %s', (_name, schema, param, message) => {
    let thrown: unknown;
    try {
      toGrammarSchema(schema, 's');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      status: 400,
      code: 'invalid_request',
      param,
      message: expect.stringMatching(message),
    });
  });

  it('refuses what is nested without end', () => {
    const nested = Array.from({ length: 50 }).reduce<Schema>((items) => ({ type: 'array', items }), flag);
    expect(() => toGrammarSchema(nested, 's')).toThrow(/nested more than 40 deep/);
  });

  it('makes room for the grammar of a long schema, which Ollama would cut, and refuses one that has none', () => {
    const names = (count: number): Schema =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`property number ${index}`, flag]));
    const long = toGrammarSchema({ properties: names(200) }, 's');
    expect(JSON.stringify(long).length * 4).toBeGreaterThan(200 * 250);
    expect(() => toGrammarSchema({ properties: names(5000) }, 's')).toThrow(/too large/);
  });
});
