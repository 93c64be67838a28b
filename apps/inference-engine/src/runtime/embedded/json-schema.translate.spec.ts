import { describe, expect, it } from '@jest/globals';
import { ANY_OBJECT, schemaGrammar } from './json-schema.translate.js';
import { SchemaRefusal, type Schema } from './schema-keywords.policy.js';

/** How often a rule may be inside of itself. */
const DEPTH = 2;
const SYMBOL = /"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|[a-z][\w-]*|\{[^}]*\}|\S/gu;
const NEVER = '(?:(?!))';

/** The grammar as one regular expression; rules that refer to themselves only so deep. */
function toPattern(grammar: string): RegExp {
  const rules = new Map(grammar.split('\n').map((line) => line.split(' ::= ', 2) as [string, string]));
  const expand = (name: string, inside: readonly string[]): string => {
    if (inside.filter((outer) => outer === name).length > DEPTH) return NEVER;
    const body = rules.get(name);
    if (body === undefined) throw new Error(`no rule ${name}`);
    const symbols = body.match(SYMBOL) ?? [];
    return `(?:${symbols.map((symbol) => pattern(symbol, [...inside, name])).join('')})`;
  };
  const pattern = (symbol: string, inside: readonly string[]): string => {
    if (/^[a-z]/u.test(symbol)) return expand(symbol, inside);
    if (!symbol.startsWith('"')) return symbol;
    const text = symbol.slice(1, -1).replaceAll(/\\(.)/gu, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    return `(?:${text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')})`;
  };
  return new RegExp(`^${expand('root', [])}$`, 'u');
}

interface Case {
  readonly name: string;
  readonly schema: Schema;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'an object: its properties in order, and no others',
    schema: { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'boolean' } }, required: ['a', 'b'] },
    yes: ['{"a":1,"b":true}', '{"a": -12, "b": false}'],
    no: [
      '{"a":1}',
      '{"b":true,"a":1}',
      '{"a":1,"b":true,"c":1}',
      '{"a":1.5,"b":true}',
      '{"a":01,"b":true}',
      '{"a":1,  "b":true}',
    ],
  },
  {
    name: 'properties that may be left out',
    schema: { properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } }, required: ['b'] },
    yes: ['{"b":2}', '{"a":1,"b":2}', '{"b":2,"c":3}', '{"a":1,"b":2,"c":3}'],
    no: ['{}', '{"a":1}', '{,"b":2}', '{"b":2,}', '{"a":1"b":2}'],
  },
  {
    name: 'no required property',
    schema: { type: 'object', properties: { a: { const: 1 }, b: { const: 2 } } },
    yes: ['{}', '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    no: ['{,"b":2}', '{"b":2,"a":1}'],
  },
  {
    name: 'added properties, which are none of the declared ones in another spelling',
    schema: {
      type: 'object',
      properties: { name: { const: 1 }, nam: { const: 2 } },
      required: ['name'],
      additionalProperties: { type: 'boolean' },
      maxProperties: 3,
    },
    yes: [
      '{"name":1}',
      '{"name":1,"x":true}',
      '{"name":1,"nam":2,"na":true}',
      '{"name":1,"names":true}',
      '{"name":1,"":true}',
    ],
    no: [
      '{"name":1,"nam":true}',
      '{"name":1,"name":true}',
      '{"name":1,"\\u006eam":true}',
      '{"name":1,"x":true,"y":true}',
    ],
  },
  {
    name: 'a map with at least one member',
    schema: { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 1, maxProperties: 2 },
    yes: ['{"x":1}', '{"x":1,"y":2}', '{"a\\nb":1}'],
    no: ['{}', '{"x":1,"y":2,"z":3}', '{"x":"1"}'],
  },
  {
    name: 'required properties that are not declared',
    schema: { type: 'object', required: ['z'], additionalProperties: { type: 'null' } },
    yes: ['{"z":null}', '{"z":null,"y":null}'],
    no: ['{}', '{"y":null}', '{"z":1}'],
  },
  {
    name: 'texts with a length in characters',
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    yes: ['"ab"', '"a\\n"', '"🦊🦊🦊"', '"\\u00e9x"', '"\\ud7ffx"'],
    no: ['"a"', '"abcd"', '"a\nb"', '"a"b"', '"\\ud83dx"', '"\\x"'],
  },
  {
    name: 'long texts',
    schema: { type: 'string', minLength: 260, maxLength: 600 },
    yes: [260, 511, 512, 600].map((length) => `"${'x'.repeat(length)}"`),
    no: [259, 601, 700].map((length) => `"${'x'.repeat(length)}"`),
  },
  {
    name: 'lists with bounds',
    schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
    yes: ['[1]', '[1, 2,3]'],
    no: ['[]', '[1,2,3,4]', '[1,]', '[,1]'],
  },
  {
    name: 'lists without bounds',
    schema: { items: { const: 1 } },
    yes: ['[]', '[1]', '[1,1,1,1]'],
    no: ['[2]', '[1 1]'],
  },
  { name: 'lists that must be empty', schema: { type: 'array', maxItems: 0 }, yes: ['[]'], no: ['[1]'] },
  {
    name: 'tuples, in the new and the old way of writing',
    schema: {
      type: 'object',
      properties: {
        a: { prefixItems: [{ const: 1 }, { const: 2 }], items: { const: 3 }, minItems: 2, maxItems: 3 },
        b: { items: [{ const: 1 }], additionalItems: false },
      },
      required: ['a', 'b'],
    },
    yes: ['{"a":[1,2],"b":[1]}', '{"a":[1, 2, 3],"b":[1]}'],
    no: ['{"a":[1],"b":[1]}', '{"a":[1,2,3,3],"b":[1]}', '{"a":[1,2],"b":[1,1]}'],
  },
  {
    name: 'listed values of the type only',
    schema: { type: ['string', 'null'], enum: ['a"b', 'c\\d\n', 3, null] },
    yes: ['"a\\"b"', '"c\\\\d\\n"', 'null'],
    no: ['3', '"a"'],
  },
  { name: 'a constant object', schema: { const: { a: [1, null] } }, yes: ['{"a":[1,null]}'], no: ['{"a":[1]}', '{}'] },
  {
    name: 'types that are given as a list, and null',
    schema: {
      type: 'object',
      properties: { a: { type: ['boolean', 'integer'] }, b: { type: 'string', nullable: true } },
      required: ['a', 'b'],
    },
    yes: ['{"a":true,"b":null}', '{"a":3,"b":"x"}'],
    no: ['{"a":null,"b":null}', '{"a":"3","b":"x"}'],
  },
  {
    name: 'alternatives, with a type that holds for all',
    schema: { type: 'string', anyOf: [{ maxLength: 1 }, { enum: ['long', 7] }] },
    yes: ['""', '"x"', '"long"'],
    no: ['7', '"xx"'],
  },
  {
    name: 'alternatives of which one must fit',
    schema: { oneOf: [{ type: 'integer' }, { type: 'null' }, { enum: ['a'] }] },
    yes: ['1', 'null', '"a"'],
    no: ['"b"', 'true'],
  },
  {
    name: 'references, and one that comes back to itself',
    schema: {
      $ref: '#/$defs/node',
      $defs: {
        node: { properties: { v: { $ref: '#/definitions/v' }, next: { $ref: '#/$defs/node' } }, required: ['v'] },
      },
      definitions: { v: { const: 1 } },
    },
    yes: ['{"v":1}', '{"v":1,"next":{"v":1}}'],
    no: ['{}', '{"v":1,"next":{}}', '{"v":1,"next":1}'],
  },
  {
    name: 'references to definitions that were moved to the other keyword, or stand anywhere',
    schema: {
      type: 'object',
      properties: { a: { $ref: '#/definitions/x' }, b: { $ref: '#/properties/a' } },
      required: ['a', 'b'],
      $defs: { x: { const: 1 } },
    },
    yes: ['{"a":1,"b":1}'],
    no: ['{"a":1,"b":2}'],
  },
  { name: 'a single allOf', schema: { allOf: [{ type: 'null' }] }, yes: ['null'], no: ['1'] },
  {
    name: 'numbers',
    schema: { type: 'number' },
    yes: ['0', '-1', '1.5', '10e3', '1.25E-7'],
    no: ['01', '.5', '1.', 'NaN', '1e999', '--1'],
  },
  {
    name: 'whole numbers in a range',
    schema: { type: 'integer', minimum: -3, exclusiveMaximum: 21 },
    yes: ['-3', '-1', '0', '9', '10', '20'],
    no: ['-4', '21', '-0', '07', '100'],
  },
  {
    name: 'formats',
    schema: {
      type: 'array',
      prefixItems: ['date', 'time', 'date-time', 'uuid'].map((format) => ({ type: 'string', format })),
    },
    yes: [
      '["2024-02-29","23:59:59Z","1999-12-31T00:00:00.5+02:00","123e4567-e89b-12d3-a456-426614174000"]',
      '["2023-02-28","00:00:00-01:30","2000-04-30T10:20:30Z","00000000-0000-0000-0000-000000000000"]',
    ],
    no: [
      '["2023-02-29","23:59:59Z","1999-12-31T00:00:00Z","123e4567-e89b-12d3-a456-426614174000"]',
      '["2024-04-31","23:59:59Z","1999-12-31T00:00:00Z","123e4567-e89b-12d3-a456-426614174000"]',
      '["2024-02-29","24:00:00Z","1999-12-31T00:00:00Z","123e4567-e89b-12d3-a456-426614174000"]',
    ],
  },
  {
    name: 'annotations and unknown keywords, which say nothing about values',
    schema: {
      title: 't',
      description: 'd',
      default: 1,
      examples: [2],
      $id: 'x',
      'x-own': 1,
      uniqueItems: false,
      type: 'null',
    },
    yes: ['null'],
    no: ['1'],
  },
  { name: 'anything', schema: {}, yes: ['1', '"x"', '{"a":[1,{}]}', 'null'], no: ['', 'x', '{a:1}'] },
];

describe('schemaGrammar', () => {
  it.each(CASES)('takes $name', ({ schema, yes, no }) => {
    const pattern = toPattern(schemaGrammar(schema));
    expect(yes.filter((text) => !pattern.test(text))).toEqual([]);
    expect(no.filter((text) => pattern.test(text))).toEqual([]);
    for (const text of yes) JSON.parse(text);
  });

  it.each<[string, string, Schema]>([
    ['pattern', '.properties.a.pattern', { properties: { a: { type: 'string', pattern: '^x' } } }],
    ['multipleOf', '.items.multipleOf', { type: 'array', items: { type: 'integer', multipleOf: 2 } }],
    ['uniqueItems', '.uniqueItems', { type: 'array', uniqueItems: true }],
    ['not', '.anyOf[1].not', { anyOf: [{ type: 'null' }, { not: {} }] }],
    ['if', '.if', { if: {}, then: {} }],
    ['patternProperties', '.patternProperties', { type: 'object', patternProperties: {} }],
    ['propertyNames', '.propertyNames', { type: 'object', propertyNames: {} }],
    ['dependentRequired', '.dependentRequired', { type: 'object', dependentRequired: {} }],
    ['contains', '.contains', { type: 'array', contains: {} }],
    ['allOf', '.allOf', { allOf: [{ type: 'object' }, { type: 'object' }] }],
    ['date, time', '.format', { type: 'string', format: 'email' }],
    ['date, time', '.format', { type: 'string', format: 'constructor' }],
    ['minimum', '.minimum', { type: 'number', minimum: 0 }],
    ['properties', '.properties', { $ref: '#/$defs/a', properties: {}, $defs: { a: {} } }],
    ['minLength', '.minLength', { enum: ['a'], minLength: 3 }],
    ['oneOf', '.oneOf[1]', { oneOf: [{ type: 'number' }, { type: 'integer' }] }],
    ['oneOf', '.oneOf[1]', { oneOf: [{ type: 'string' }, { properties: { a: {} }, required: ['a'] }] }],
    ['not found', '.$ref', { $ref: '#/$defs/none' }],
    ['not found', '.$ref', { $ref: 'https://example.com/schema' }],
    ['itself', '.$defs.a.$ref', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }],
    ['minimum', '.$defs.a.minimum', { items: { $ref: '#/$defs/a' }, $defs: { a: { type: 'number', minimum: 1 } } }],
    ['type must be', '.type', { type: 'text' }],
    ['whole number', '.maxLength', { type: 'string', maxLength: 100_000 }],
    ['No value fits', '.maxItems', { type: 'array', minItems: 2, maxItems: 1 }],
    ['No value fits', '.enum', { type: 'string', enum: [1] }],
    ['No value fits', '.properties.a', { properties: { a: false }, required: ['a'] }],
    ['No value fits', '.required', { required: ['a'], additionalProperties: false }],
    ['No value fits', '', { type: 'integer', minimum: 2, maximum: 1 }],
    ['minProperties', '.minProperties', { type: 'object', properties: { a: {}, b: {} }, minProperties: 1 }],
    ['maxProperties', '.maxProperties', { type: 'object', properties: { a: {}, b: {} }, maxProperties: 1 }],
  ])('refuses what it cannot guarantee, by its path: %s at "%s"', (text, path, schema) => {
    let refusal: unknown;
    try {
      schemaGrammar(schema);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(SchemaRefusal);
    expect(refusal).toMatchObject({ path, message: expect.stringContaining(text) });
  });

  it('tells objects of oneOf apart by a constant, or by what the one requires and the other never has', () => {
    const closed = (name: string, more = {}): Schema => ({
      type: 'object',
      properties: { [name]: { type: 'integer' } },
      required: [name],
      ...more,
    });
    expect(() => schemaGrammar({ oneOf: [closed('a'), closed('b')] })).not.toThrow();
    expect(() => schemaGrammar({ oneOf: [closed('a', { additionalProperties: true }), closed('b')] })).toThrow('oneOf');
    expect(() => schemaGrammar({ oneOf: [closed('a'), closed('a')] })).toThrow('oneOf');
  });

  it('refuses schemas that are nested or grow too far, instead of failing', () => {
    let deep: Schema = {};
    for (let level = 0; level < 5000; level++) deep = { type: 'array', items: deep };
    expect(() => schemaGrammar(deep)).toThrow(SchemaRefusal);
    const many = Array.from({ length: 40_000 }, (_, index) => `${index}`.padStart(40, 'x'));
    expect(() => schemaGrammar({ enum: many })).toThrow('too large');
  });

  it('has a form for any object', () => {
    const pattern = toPattern(ANY_OBJECT);
    expect(['{}', '{"a": [1, {"b": null}], "c": "d"}'].every((text) => pattern.test(text))).toBe(true);
    expect(['[]', '1', '{"a"}', '{ }', '{"a":\n1}'].some((text) => pattern.test(text))).toBe(false);
  });
});
