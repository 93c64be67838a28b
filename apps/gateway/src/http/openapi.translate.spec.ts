import { describe, expect, it } from '@jest/globals';
import { toOpenApi31 } from './openapi.translate.js';

describe('a document in OpenAPI 3.1', () => {
  const schemaOf = (schema: object): unknown =>
    (toOpenApi31({ openapi: '3.0.0', schema }) as { schema: unknown }).schema;

  it.each<[string, object, object]>([
    ['a type', { type: 'string', nullable: true, maxLength: 5 }, { type: ['string', 'null'], maxLength: 5 }],
    ['choices', { type: 'string', enum: ['a'], nullable: true }, { type: ['string', 'null'], enum: ['a', null] }],
    ['forms', { nullable: true, oneOf: [{ type: 'string' }] }, { oneOf: [{ type: 'string' }, { type: 'null' }] }],
    [
      'a reference in its wrapping',
      { type: 'object', nullable: true, description: 'd', allOf: [{ $ref: '#/a' }] },
      { description: 'd', anyOf: [{ $ref: '#/a' }, { type: 'null' }] },
    ],
    ['a reference', { nullable: true, $ref: '#/a' }, { anyOf: [{ $ref: '#/a' }, { type: 'null' }] }],
    ['what is not', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'what is deep inside',
      { type: 'array', items: { properties: { a: { type: 'number', nullable: true } } } },
      { type: 'array', items: { properties: { a: { type: ['number', 'null'] } } } },
    ],
    [
      'a property of that name',
      { properties: { nullable: { type: 'string' } } },
      { properties: { nullable: { type: 'string' } } },
    ],
  ])('says null of %s', (_, schema, expected) => {
    expect(schemaOf(schema)).toEqual(expected);
  });

  it('has its version', () => {
    expect(toOpenApi31({ openapi: '3.0.0' })).toEqual({ openapi: '3.1.0' });
  });
});
