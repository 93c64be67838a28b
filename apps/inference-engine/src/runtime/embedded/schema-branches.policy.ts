import { jsonTypeOf } from '../schema-values.parse.js';
import { resolvePointer } from '../schema-pointer.parse.js';
import { SchemaRefusal, isSchema, type Schema } from './schema-keywords.policy.js';

const MOST_REFERENCES = 16;

/** A schema without references around it. */
function resolved(schema: unknown, root: Schema): unknown {
  let current = schema;
  for (let count = 0; count < MOST_REFERENCES && isSchema(current); count++) {
    const { $ref, allOf } = current;
    if (typeof $ref === 'string') current = resolvePointer(root, $ref)?.schema;
    else if (Array.isArray(allOf) && allOf.length === 1) current = allOf[0];
    else return current;
  }
  return current;
}

/** The only values that a schema allows, as JSON; undefined when they are not listed. */
function valuesOf(schema: Schema): readonly string[] | undefined {
  if (schema['const'] !== undefined) return [JSON.stringify(schema['const'])];
  const values = schema['enum'];
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : undefined;
}

/** The types of the values of a schema; undefined when it does not say. */
function typesOf(schema: Schema): readonly string[] | undefined {
  const values = valuesOf(schema);
  if (values !== undefined) return [...new Set(values.map((value) => jsonTypeOf(JSON.parse(value))))];
  const { type } = schema;
  if (type === undefined) return undefined;
  const types = (Array.isArray(type) ? type : [type]).map((name) => (name === 'integer' ? 'number' : String(name)));
  return schema['nullable'] === true ? [...types, 'null'] : types;
}

function apart(left: readonly string[], right: readonly string[]): boolean {
  return !left.some((item) => right.includes(item));
}

function membersOf(schema: Schema): Schema {
  return isSchema(schema['properties']) ? schema['properties'] : {};
}

function requiredOf(schema: Schema): readonly string[] {
  return Array.isArray(schema['required']) ? schema['required'].map(String) : [];
}

/** Whether no object that is written for `made` fits `other`. */
function neverFits(made: Schema, other: Schema, root: Schema): boolean {
  const own = membersOf(made);
  const foreign = membersOf(other);
  const closed = !made['additionalProperties'] && isSchema(made['properties']);
  // It lacks what the other requires, or has what the other forbids.
  if (closed && requiredOf(other).some((name) => !Object.hasOwn(own, name) && !requiredOf(made).includes(name)))
    return true;
  if (other['additionalProperties'] === false && requiredOf(made).some((name) => !Object.hasOwn(foreign, name)))
    return true;
  return requiredOf(made).some((name) => {
    const left = resolved(own[name], root);
    const right = resolved(foreign[name], root);
    return isSchema(left) && isSchema(right) && neverEqual(left, right);
  });
}

/** Whether no value fits both, as far as their types and listed values tell. */
function neverEqual(left: Schema, right: Schema): boolean {
  const [leftValues, rightValues] = [valuesOf(left), valuesOf(right)];
  if (leftValues !== undefined && rightValues !== undefined) return apart(leftValues, rightValues);
  const [leftTypes, rightTypes] = [typesOf(left), typesOf(right)];
  return leftTypes !== undefined && rightTypes !== undefined && apart(leftTypes, rightTypes);
}

/** Whether only objects are written for the schema; one without a type is taken for what its keywords are about. */
function makesObjects(schema: Schema): boolean {
  const types = typesOf(schema);
  return types === undefined ? isSchema(schema['properties']) : types.join() === 'object';
}

function areExclusive(left: Schema, right: Schema, root: Schema): boolean {
  if (neverEqual(left, right)) return true;
  if (!makesObjects(left) || !makesObjects(right)) return false;
  return neverFits(left, right, root) && neverFits(right, left, root);
}

/**
 * Refuses branches of `oneOf` that are not surely apart: a value that fits two of them fits the whole no more.
 * Throws a {@link SchemaRefusal}.
 */
export function assertExclusive(branches: readonly unknown[], root: Schema, path: string): void {
  const schemas = branches.map((branch) => resolved(branch, root));
  for (const [index, left] of schemas.entries()) {
    for (const right of schemas.slice(0, index)) {
      if (isSchema(left) && isSchema(right) && areExclusive(left, right, root)) continue;
      throw new SchemaRefusal(
        `${path}[${index}]`,
        'A value may fit several branches of oneOf. Use anyOf, or a property with another constant in each branch.',
      );
    }
  }
}
