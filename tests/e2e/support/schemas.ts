import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string', maxLength: 8 };
const flag = { type: 'boolean' };

function record(properties: Schema, more: Schema = {}): Schema {
  return { type: 'object', properties, required: Object.keys(properties), ...more };
}

/** Schemas as clients send them, which a runtime that takes them has to enforce. Small, so that answers end. */
export const ENFORCED: Readonly<Record<string, Schema>> = {
  'a record': record(
    { name: text, age: { type: 'integer', minimum: 0, maximum: 120 } },
    { additionalProperties: false },
  ),
  'optional properties': { type: 'object', properties: { a: flag, b: flag, c: flag }, required: ['b'] },
  'an open record': record({ a: flag }, { additionalProperties: true }),
  'notes and a title': record({ a: { ...flag, title: 'A', description: 'Whether', default: true, examples: [false] } }),
  'an enum': record({ mood: { type: 'string', enum: ['good', 'bad', 'so "so"', 'naïve ☃'] } }),
  'an enum of all kinds': { enum: [1, 'two', null, true, { three: [3] }, 4.5] },
  'a constant': record({ kind: { const: 'reply' }, list: { const: [1, 'a'] } }),
  'a list': { type: 'array', items: { enum: ['red', 'blue'] }, minItems: 1, maxItems: 3 },
  'an empty list': { type: 'array', items: flag, maxItems: 0 },
  'a list of lists': { type: 'array', items: { type: 'array', items: flag, maxItems: 2 }, minItems: 2, maxItems: 2 },
  'a tuple': { type: 'array', prefixItems: [flag, { const: 1 }, { enum: ['x'] }], items: false },
  'a short text': { type: 'string', minLength: 3, maxLength: 6 },
  'a pattern': { type: 'string', pattern: '^[A-Z]{2}-\\d{3}(\\.[a-z]+)?$' },
  'a pattern with a dot': { type: 'string', pattern: '^.{3,5}$' },
  'a pattern of alternatives': { type: 'string', pattern: '^(?:ab+|c[^de]c|\\w{2})$' },
  'a pattern without anchors': { type: 'string', pattern: 'x\\d' },
  'a date': { type: 'string', format: 'date' },
  'a time': { type: 'string', format: 'time' },
  'a moment': { type: 'string', format: 'date-time' },
  'a uuid': { type: 'string', format: 'uuid' },
  'an address': { type: 'string', format: 'ipv4' },
  'a large number': { type: 'integer', minimum: 17, maximum: 1234567 },
  'a negative number': { type: 'integer', minimum: -250, maximum: -3 },
  'a number on both sides': { type: 'integer', exclusiveMinimum: -8, exclusiveMaximum: 105 },
  'a number with a floor': { type: 'integer', minimum: 37 },
  'a number with a ceiling': { type: 'integer', maximum: -12 },
  'a decimal number': record({ score: { type: 'number' } }),
  'what may be null': record({ note: { type: ['string', 'null'], maxLength: 5 } }),
  'a union': record({ value: { anyOf: [flag, { type: 'null' }, { const: 'many' }] } }),
  'a union told apart': {
    oneOf: [record({ kind: { const: 'cat' }, lives: { const: 9 } }), record({ kind: { const: 'dog' }, good: flag })],
  },
  'a reference': record(
    { from: { $ref: '#/$defs/day' }, to: { $ref: '#/$defs/day' } },
    { $defs: { day: { enum: ['mon', 'tue'] } } },
  ),
  'a reference at the root': {
    $ref: '#/$defs/a',
    $defs: { a: record({ b: { $ref: '#/$defs/b' } }), b: { enum: [1] } },
  },
  'a tree': {
    $ref: '#/$defs/node',
    $defs: { node: record({ leaf: flag, rest: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }) },
  },
  'a list of itself': { type: 'array', items: { $ref: '#' }, maxItems: 2 },
  'names that escape': {
    $ref: '#/$defs/a~1b%20c',
    $defs: { 'a/b c': record({ 'x "y" ☃': flag, root: flag, string: flag }) },
  },
  'one schema in allOf': record(
    { day: { allOf: [{ $ref: '#/$defs/day' }], description: 'A day' } },
    { $defs: { day: { enum: ['mon'] } } },
  ),
  'a map': { type: 'object', additionalProperties: { type: 'integer', minimum: 1, maximum: 5 } },
  'an empty object': { type: 'object', properties: {}, additionalProperties: false },
  'no type': { properties: { a: flag }, required: ['a'] },
};

/** Schemas that Ollama 0.24 would not enforce, or that would end its process, and the path that the refusal names. */
export const REFUSED: readonly (readonly [Schema, string])[] = [
  [{ type: 'string', maxLength: 2001 }, 'schema.maxLength'],
  [{ type: 'array', items: flag, minItems: 2001 }, 'schema.minItems'],
  [{ type: 'array', items: flag, uniqueItems: true }, 'schema.uniqueItems'],
  [{ type: 'array', contains: flag }, 'schema.contains'],
  [{ type: 'number', minimum: 0 }, 'schema.minimum'],
  [{ type: 'integer', multipleOf: 5 }, 'schema.multipleOf'],
  [record({ a: { type: 'string', format: 'email' } }), 'schema.properties.a.format'],
  [{ type: 'string', pattern: '^(?=a)b$' }, 'schema.pattern'],
  [{ type: 'string', pattern: '^a$', minLength: 2 }, 'schema.minLength'],
  [{ type: 'object', patternProperties: { '^a': flag } }, 'schema.patternProperties'],
  [{ type: 'object', propertyNames: { maxLength: 2 } }, 'schema.propertyNames'],
  [{ type: 'object', properties: { a: flag }, required: ['b'] }, 'schema.required[0]'],
  [{ type: 'object', properties: { a: flag }, minProperties: 1 }, 'schema.minProperties'],
  [{ type: 'object', properties: { a: flag }, additionalProperties: flag }, 'schema.additionalProperties'],
  [{ not: flag }, 'schema.not'],
  [{ if: flag, then: flag }, 'schema.if'],
  [{ allOf: [flag, { const: true }] }, 'schema.allOf'],
  [{ oneOf: [record({ a: flag }), record({ b: flag })] }, 'schema.oneOf'],
  [{ anyOf: [flag], type: 'boolean' }, 'schema.type'],
  [{ type: 'string', enum: ['a', 1] }, 'schema.enum[1]'],
  [{ $ref: 'https://example.org/schema' }, 'schema.$ref'],
  [{ $ref: '#/$defs/nowhere' }, 'schema.$ref'],
  [{ $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, flag] } } }, 'schema.$defs.a'],
  [record({ a: false }), 'schema.properties.a'],
  [{ type: 'thing' }, 'schema.type'],
];

const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  date: (value) => new Date(`${value}T00:00:00Z`).toISOString().startsWith(value),
  time: (value) => !Number.isNaN(Date.parse(`2024-01-01T${value}`)),
  'date-time': (value) => !Number.isNaN(Date.parse(value)),
  uuid: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  ipv4: (value) => /^(\d+\.){3}\d+$/.test(value) && value.split('.').every((part) => Number(part) < 256),
};

/** Says whether a value fits the schema, formats included. */
export function schemaCheck(schema: Schema): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, formats: FORMATS });
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema)) as object);
  return (value) => validate(value);
}
