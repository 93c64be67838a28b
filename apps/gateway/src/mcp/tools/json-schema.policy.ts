/** What is wrong with a schema, and where. */
export interface SchemaProblem {
  /** From `schema` on. */
  readonly path: string;
  /** The rest of a sentence that begins with the path. */
  readonly message: string;
}

const MOST_DEPTH = 64;
const MOST_PARTS = 5000;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** What is wrong with a JSON schema of a caller before it is looked at closely: its bounds. */
export function schemaProblem(schema: Json): SchemaProblem | undefined {
  const waiting: { readonly value: unknown; readonly depth: number; readonly path: string }[] = [
    { value: schema, depth: 0, path: 'schema' },
  ];
  for (let seen = 0, next = waiting.pop(); next; seen += 1, next = waiting.pop()) {
    const { value, depth, path } = next;
    if (seen > MOST_PARTS) return { path: 'schema', message: `must have at most ${MOST_PARTS} parts` };
    if (depth > MOST_DEPTH) return { path: 'schema', message: `must be nested at most ${MOST_DEPTH} deep` };
    if (!isObject(value)) continue;
    if (Object.hasOwn(value, 'patternProperties') && !path.endsWith('.properties'))
      return { path: `${path}.patternProperties`, message: 'is not supported: name the properties' };
    for (const [key, part] of Object.entries(value))
      waiting.push({ value: part, depth: depth + 1, path: `${path}.${key}` });
  }
  return undefined;
}

/**
 * The schema for an answer that may also be null. Definitions stay at the root, where references look for them.
 */
export function orNull(schema: Json): Json {
  const { $defs, definitions, $schema: _dialect, $id: _id, ...rest } = schema;
  return {
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
    anyOf: [rest, { type: 'null' }],
  };
}

/** Where {@link orNull} puts the schema, as the engine names it. */
const INNER = /response_format\.json_schema\.schema(?:\.anyOf(?:\[0\]|\.0))?/g;

/** A text of the engine about the schema of {@link orNull}, in the words of the tool. */
export function inToolWords(text: string): string {
  return text.replace(INNER, 'schema');
}

/**
 * The schema without patterns, for checking an answer. The constrained decoder has seen to them; run again here, a
 * hostile pattern could hold up everything else.
 */
export function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'pattern')
      .map(([key, value]) => [key, inside(key, value)]),
  );
}

/** Keywords whose value is a map from names to schemas. */
const NAMED = new Set(['properties', '$defs', 'definitions', 'dependentSchemas']);
/** Keywords whose value is data. */
const DATA = new Set(['enum', 'const', 'default', 'examples']);

function withoutNames(map: unknown): unknown {
  if (!isObject(map) || Array.isArray(map)) return map;
  return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, withoutPatterns(schema)]));
}

function inside(key: string, value: unknown): unknown {
  if (DATA.has(key)) return value;
  return NAMED.has(key) ? withoutNames(value) : withoutPatterns(value);
}
