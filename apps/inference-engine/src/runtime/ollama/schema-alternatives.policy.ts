import { jsonTypeOf } from '../schema-values.parse.js';
import { resolvePointer } from '../schema-pointer.parse.js';
import { fieldsOf, listOf, type Fields } from './fields.parse.js';

const LONGEST_CHAIN = 16;

/** The schema that a chain of references ends at. */
function follow(schema: unknown, root: Fields): Fields {
  let fields = fieldsOf(schema);
  for (let step = 0; step < LONGEST_CHAIN && fields !== undefined && '$ref' in fields; step += 1)
    fields = fieldsOf(resolvePointer(root, fields.$ref)?.schema);
  return fields ?? {};
}

function valuesOf(fields: Fields): readonly unknown[] | undefined {
  if ('const' in fields) return [fields.const];
  return Array.isArray(fields.enum) ? listOf(fields.enum) : undefined;
}

/** The types a schema allows; undefined where it does not say. An integer is a number. */
function typesOf(fields: Fields): readonly unknown[] | undefined {
  if (fields.type !== undefined)
    return [fields.type].flat().map((type: unknown) => (type === 'integer' ? 'number' : type));
  return valuesOf(fields)?.map(jsonTypeOf);
}

function disjoint(first: readonly unknown[] | undefined, second: readonly unknown[] | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  const texts = new Set(first.map((value) => JSON.stringify(value)));
  return !second.some((value) => texts.has(JSON.stringify(value)));
}

/** Whether both ask for a property that can never have the same value in both. */
function toldApart(first: Fields, second: Fields, root: Fields): boolean {
  const [mine, other] = [fieldsOf(first.properties) ?? {}, fieldsOf(second.properties) ?? {}];
  return listOf(first.required).some(
    (name) =>
      typeof name === 'string' &&
      listOf(second.required).includes(name) &&
      disjoint(valuesOf(follow(mine[name], root)), valuesOf(follow(other[name], root))),
  );
}

/**
 * Whether no value can fit two of the schemas: their types differ, their constants do, or they are objects that a
 * constant property tells apart. To be asked of `oneOf`, which Ollama takes for `anyOf`.
 */
export function isApart(alternatives: readonly unknown[], root: Fields): boolean {
  const all = alternatives.map((schema) => follow(schema, root));
  return all.every((first, index) =>
    all
      .slice(index + 1)
      .every(
        (second) =>
          disjoint(typesOf(first), typesOf(second)) ||
          disjoint(valuesOf(first), valuesOf(second)) ||
          toldApart(first, second, root),
      ),
  );
}
