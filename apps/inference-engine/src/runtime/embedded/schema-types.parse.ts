import { MOST_REPETITIONS } from './grammar-rules.translate.js';
import { SchemaRefusal, impossible, isSchema, memberPath, type Schema } from './schema-keywords.policy.js';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
/** A type of JSON Schema. */
export type TypeName = (typeof TYPES)[number];

/** Keywords that only make sense for one type, for schemas that name none. */
const TYPE_OF_KEYWORD: Readonly<Record<string, TypeName>> = {
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  minProperties: 'object',
  maxProperties: 'object',
  items: 'array',
  prefixItems: 'array',
  additionalItems: 'array',
  minItems: 'array',
  maxItems: 'array',
  minLength: 'string',
  maxLength: 'string',
  format: 'string',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
};

function isTypeName(value: unknown): value is TypeName {
  return TYPES.some((type) => type === value);
}

/** The types that a schema allows; undefined when it says nothing about them. `names` are its limiting keywords. */
export function typesOf(schema: Schema, names: readonly string[], path: string): readonly TypeName[] | undefined {
  const given = schema['type'];
  if (given === undefined || given === null) {
    const implied = new Set(names.map((name) => TYPE_OF_KEYWORD[name]).filter((type) => type !== undefined));
    return implied.size === 0 ? undefined : [...implied];
  }
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const types = list.filter(isTypeName);
  if (types.length < list.length || types.length === 0)
    throw new SchemaRefusal(memberPath(path, 'type'), `type must be one or several of ${TYPES.join(', ')}.`);
  return schema['nullable'] === true ? [...new Set<TypeName>([...types, 'null'])] : types;
}

/** Whether a JSON value has the type. */
export function isOfType(value: unknown, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isSchema(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function countOf(schema: Schema, name: string, path: string): number | undefined {
  const value = schema[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MOST_REPETITIONS)
    throw new SchemaRefusal(memberPath(path, name), `${name} must be a whole number from 0 to ${MOST_REPETITIONS}.`);
  return value;
}

/** How many there may be. */
export interface Range {
  readonly min: number;
  readonly max: number | undefined;
}

/** The counts that `minLength` and `maxLength` give, or those of `Items` or `Properties`. */
export function rangeOf(schema: Schema, what: 'Length' | 'Items' | 'Properties', path: string): Range {
  const min = countOf(schema, `min${what}`, path) ?? 0;
  const max = countOf(schema, `max${what}`, path);
  if (max !== undefined && max < min)
    throw impossible(memberPath(path, `max${what}`), `max${what} is less than min${what}`);
  return { min, max };
}
