import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import type { Fields } from './fields.parse.js';

/** What a keyword speaks of; it says nothing of values of another type. */
export type Kind = 'object' | 'array' | 'string' | 'number';

/** Every keyword of JSON schema that forbids something. All others are notes. */
const KEYWORDS: ReadonlyMap<string, Kind | 'any'> = new Map([
  ...(['$ref', '$dynamicRef', '$recursiveRef', 'type', 'const', 'enum'] as const).map((key) => [key, 'any'] as const),
  ...(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'] as const).map((key) => [key, 'any'] as const),
  ...(['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'] as const).map(
    (key) => [key, 'object'] as const,
  ),
  ...(['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas', 'dependencies'] as const).map(
    (key) => [key, 'object'] as const,
  ),
  ['unevaluatedProperties', 'object'],
  ...(['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'] as const).map(
    (key) => [key, 'array'] as const,
  ),
  ...(['contains', 'minContains', 'maxContains', 'unevaluatedItems'] as const).map((key) => [key, 'array'] as const),
  ...(['pattern', 'format', 'minLength', 'maxLength'] as const).map((key) => [key, 'string'] as const),
  ...(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const).map(
    (key) => [key, 'number'] as const,
  ),
]);

/** The first keyword that forbids something to values of these kinds and is not among the handled ones. */
function findUnenforced(
  fields: Fields,
  handled: readonly string[],
  kinds: readonly Kind[] | 'all',
): string | undefined {
  return Object.keys(fields).find((key) => {
    const kind = KEYWORDS.get(key);
    if (kind === undefined || handled.includes(key)) return false;
    return kind === 'any' || kinds === 'all' || kinds.includes(kind);
  });
}

/** A 400 that names a place in the schema of a request. */
export function schemaRefusal(path: string, why: string): ApiError {
  return invalidRequest(`${path} ${why}.`, { param: path });
}

/** Throws a 400 for what stands in a schema, speaks of these kinds, and would not be looked at. */
export function refuseUnenforced(
  fields: Fields,
  path: string,
  handled: readonly string[],
  kinds: readonly Kind[] | 'all',
): void {
  const keyword = findUnenforced(fields, handled, kinds);
  if (keyword === undefined) return;
  const beside = handled.find((name) => name in fields && name !== 'type');
  throw schemaRefusal(
    `${path}.${keyword}`,
    beside === undefined
      ? `cannot be enforced: Ollama has no grammar for ${keyword}. Leave it out and check the answer yourself`
      : `cannot be enforced beside ${beside}: leave one of them out, or put it inside ${beside}`,
  );
}

/** The kinds of values that the schema speaks of. */
export function kindsIn(fields: Fields): readonly Kind[] {
  const kinds = Object.keys(fields).map((key) => KEYWORDS.get(key));
  return [...new Set(kinds)].filter((kind) => kind !== undefined && kind !== 'any');
}
