import { integerRange, jsonTypeOf } from '../schema-values.parse.js';
import { listOf, type Fields } from './fields.parse.js';
import { refuseUnenforced, schemaRefusal } from './schema-keywords.policy.js';
import { MOST_REPETITIONS } from './string-pattern.translate.js';

/** The largest whole number that the grammar has the digits for. */
const LARGEST_INTEGER = 1e15;

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : jsonTypeOf(value) === type;
}

/** Constants. Throws a 400 for one that the type beside it excludes, because Ollama looks at the constants only. */
export function toValuesNode(fields: Fields, key: 'const' | 'enum', path: string): Fields {
  refuseUnenforced(fields, path, [key, 'type'], 'all');
  const list = key === 'const' ? [fields.const] : listOf(fields.enum);
  if (list.length === 0) throw schemaRefusal(`${path}.${key}`, 'must have at least one value');
  const { type } = fields;
  const types = type === undefined ? undefined : Array.isArray(type) ? listOf(type) : [type];
  const wrong = types ? list.findIndex((value) => !types.some((one) => isOfType(value, one))) : -1;
  if (wrong >= 0) {
    const place = key === 'enum' ? `${path}.enum[${wrong}]` : `${path}.const`;
    throw schemaRefusal(place, `is not of the type ${types?.join(' or ')} beside it`);
  }
  return key === 'const' ? { const: list[0] } : { enum: list };
}

/** A count at a keyword; undefined where there is none. Throws a 400 for what is none up to `most`. */
export function countAt(fields: Fields, key: string, most: number, path: string): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  const limit = Math.min(most, MOST_REPETITIONS);
  throw schemaRefusal(`${path}.${key}`, `must be a whole number from 0 to ${limit} to be enforced`);
}

function boundAt(fields: Fields, key: string, path: string): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Math.abs(value) <= LARGEST_INTEGER) return value;
  throw schemaRefusal(`${path}.${key}`, `must be a number between -${LARGEST_INTEGER} and ${LARGEST_INTEGER}`);
}

/** Whole numbers, with their bounds brought into the form that Ollama looks at. */
export function toIntegerNode(fields: Fields, path: string): Fields {
  const whole = fields.multipleOf === 1 ? ['multipleOf'] : [];
  const handled = ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', ...whole];
  refuseUnenforced(fields, path, handled, ['number']);
  const { least, most } = integerRange((keyword) => boundAt(fields, keyword, path));
  if (least > most) throw schemaRefusal(path, 'allows no number at all: its minimum is more than its maximum');
  return {
    type: 'integer',
    ...(least === -Infinity ? {} : { minimum: least }),
    ...(most === Infinity ? {} : { maximum: most }),
  };
}
