/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** Why answers cannot be made to fit a schema. `path` leads to the keyword from the root of the schema. */
export class SchemaRefusal extends Error {
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
    this.name = 'SchemaRefusal';
  }
}

/** Keywords that say nothing about which values are right. */
const ANNOTATIONS = new Set([
  '$anchor',
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'contentEncoding',
  'contentMediaType',
  'default',
  'definitions',
  'deprecated',
  'description',
  'discriminator',
  'example',
  'examples',
  'externalDocs',
  'id',
  'readOnly',
  'strict',
  'title',
  'writeOnly',
  'xml',
]);

/** Keywords that are carried out. */
const CARRIED_OUT = new Set([
  '$ref',
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'nullable',
  'oneOf',
  'prefixItems',
  'properties',
  'required',
  'type',
]);

/** Keywords that a grammar cannot guarantee. All others are unknown to JSON Schema, which ignores them. */
const REFUSED = new Set([
  '$dynamicRef',
  '$recursiveRef',
  'contains',
  'dependencies',
  'dependentRequired',
  'dependentSchemas',
  'else',
  'if',
  'maxContains',
  'minContains',
  'multipleOf',
  'not',
  'pattern',
  'patternProperties',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
  'uniqueItems',
]);

/** Whether the value is a JSON object. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The path of a member. */
export function memberPath(path: string, name: string): string {
  return `${path}.${name}`;
}

/** Names of the keywords in a schema that limit its values. Throws a {@link SchemaRefusal} for one that is refused. */
export function limits(schema: Schema, path: string): string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    // Some clients write null for a keyword that is not set.
    if (value === undefined || (value === null && name !== 'const')) continue;
    if (REFUSED.has(name) && value !== false) {
      throw new SchemaRefusal(
        memberPath(path, name),
        `${name} cannot be guaranteed by this runtime. Leave it out of the schema, and check the answer for it.`,
      );
    }
    if (CARRIED_OUT.has(name) && !ANNOTATIONS.has(name)) names.push(name);
  }
  return names;
}

/** Refuses keywords beside one that they cannot be combined with. */
export function allowBeside(keyword: string, names: readonly string[], allowed: readonly string[], path: string): void {
  const other = names.find((name) => name !== keyword && !allowed.includes(name));
  if (other === undefined) return;
  throw new SchemaRefusal(
    memberPath(path, other),
    `${other} cannot be guaranteed beside ${keyword}. Write one schema that says both.`,
  );
}

/** A schema that no value fits. */
export function impossible(path: string, reason: string): SchemaRefusal {
  return new SchemaRefusal(path, `No value fits the schema: ${reason}. Correct it.`);
}
