/** JSON schemas of every kind that the embedded runtime guarantees, small enough for a short answer. */
export const SCHEMAS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a closed object': {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  },
  'optional properties': {
    type: 'object',
    properties: { a: { type: 'string', maxLength: 10 }, b: { type: 'number' }, c: { type: 'boolean' } },
    required: ['b'],
  },
  'no required property': { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'null' } } },
  'objects in objects': {
    type: 'object',
    properties: {
      user: {
        type: 'object',
        properties: {
          name: { type: 'string', maxLength: 12 },
          scores: { type: 'array', items: { type: 'integer' }, maxItems: 3 },
        },
        required: ['name', 'scores'],
      },
    },
    required: ['user'],
  },
  'a list with bounds': {
    type: 'array',
    items: { type: 'string', minLength: 2, maxLength: 6 },
    minItems: 2,
    maxItems: 3,
  },
  'a list of one length': { type: 'array', items: { type: 'boolean' }, minItems: 3, maxItems: 3 },
  'an empty list': { type: 'array', items: { type: 'string' }, maxItems: 0 },
  'a tuple': {
    type: 'array',
    prefixItems: [{ type: 'string', maxLength: 5 }, { type: 'integer' }],
    items: false,
    minItems: 2,
  },
  'a tuple that goes on': {
    type: 'array',
    prefixItems: [{ type: 'boolean' }],
    items: { type: 'integer' },
    minItems: 2,
    maxItems: 4,
  },
  'listed texts': { enum: ['red', 'gre"en', 'bl\\ue', 'gélb', 'a\nb'] },
  'listed values': { enum: [1, 'two', null, true, { a: [1, 'x'] }] },
  'listed values of one type': { type: 'string', enum: ['a', 'b', null] },
  constants: { type: 'object', properties: { kind: { const: 'cat' }, n: { const: 3 } }, required: ['kind', 'n'] },
  'any of several types': { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'integer' }, { type: 'null' }] },
  'one of two objects': {
    oneOf: [
      {
        type: 'object',
        properties: { t: { const: 'a' }, x: { type: 'integer' } },
        required: ['t', 'x'],
        additionalProperties: false,
      },
      { type: 'object', properties: { t: { const: 'b' }, y: { type: 'string', maxLength: 4 } }, required: ['t', 'y'] },
    ],
  },
  'lists of types': {
    type: 'object',
    properties: { v: { type: ['string', 'null'], maxLength: 6 }, w: { type: ['integer', 'boolean'] } },
    required: ['v', 'w'],
  },
  nullable: { type: 'object', properties: { v: { type: 'string', nullable: true, maxLength: 5 } }, required: ['v'] },
  references: {
    type: 'object',
    properties: { home: { $ref: '#/$defs/address' }, work: { $ref: '#/$defs/address' } },
    required: ['home', 'work'],
    $defs: {
      address: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 8 }, zip: { $ref: '#/definitions/zip' } },
        required: ['city', 'zip'],
      },
    },
    definitions: { zip: { type: 'string', minLength: 5, maxLength: 5 } },
  },
  'a reference to itself': {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { v: { enum: [1, 2] }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['v'],
      },
    },
  },
  'a map': { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 1, maxProperties: 2 },
  'a map beside properties': {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 5 }, nam: { type: 'boolean' } },
    required: ['name'],
    additionalProperties: { type: 'integer' },
    maxProperties: 3,
  },
  formats: {
    type: 'object',
    properties: {
      day: { type: 'string', format: 'date' },
      at: { type: 'string', format: 'time' },
      moment: { type: 'string', format: 'date-time' },
      id: { type: 'string', format: 'uuid' },
    },
    required: ['day', 'at', 'moment', 'id'],
  },
  numbers: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 4 },
  annotations: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A',
    description: 'b',
    type: 'object',
    properties: { a: { type: 'integer', description: 'x', default: 3, examples: [1] } },
    required: ['a'],
  },
  'a single allOf': { allOf: [{ type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }] },
  'strange names': {
    type: 'object',
    properties: {
      'a b': { type: 'integer' },
      'q"x': { type: 'integer' },
      é: { type: 'null' },
      '-]^': { type: 'null' },
    },
    required: ['a b', 'q"x'],
    additionalProperties: { type: 'boolean' },
    maxProperties: 5,
  },
  'calls of tools': {
    anyOf: [
      {
        type: 'object',
        properties: { name: { const: 'now' }, arguments: { type: 'object', properties: {} } },
        required: ['name', 'arguments'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: {
          name: { const: 'weather' },
          arguments: { type: 'object', properties: { city: { type: 'string', maxLength: 10 } }, required: ['city'] },
        },
        required: ['name', 'arguments'],
        additionalProperties: false,
      },
    ],
  },
};
