/** What is wrong with a schema, and where: a path such as `properties.age.type`; empty for the whole. */
export interface SchemaProblem {
  readonly path: string;
  readonly kind:
    'empty' | 'not_json' | 'not_object' | 'type' | 'schemas' | 'required' | 'enum' | 'number' | 'ref' | 'unsupported';
  /** The word that is wrong, or what the parser said. */
  readonly detail?: string;
}

type Fields = Readonly<Record<string, unknown>>;

const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** Keywords that no runtime of ours can carry out (docs/openai-api.md). */
const UNSUPPORTED = ['not', 'if', 'then', 'else', 'uniqueItems', 'multipleOf', 'patternProperties'];
const NUMBERS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'];
const MAPS = ['properties', '$defs', 'definitions'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const ONES = ['items', 'additionalProperties'];
/** Deeper schemas are no work of people. */
const DEEPEST = 32;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}

function typeProblems(type: unknown, path: string): readonly SchemaProblem[] {
  if (type === undefined) return [];
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const wrong = types.find((each) => typeof each !== 'string' || !TYPES.has(each));
  return wrong === undefined ? [] : [{ path: at(path, 'type'), kind: 'type', detail: JSON.stringify(wrong) }];
}

function requiredProblems({ required, properties }: Fields, path: string): readonly SchemaProblem[] {
  if (required === undefined) return [];
  const where = at(path, 'required');
  if (!Array.isArray(required)) return [{ path: where, kind: 'required', detail: '' }];
  const known = isFields(properties) ? properties : {};
  const missing = required.find((name) => typeof name !== 'string' || !Object.hasOwn(known, name)) as unknown;
  return missing === undefined ? [] : [{ path: where, kind: 'required', detail: JSON.stringify(missing) }];
}

function valueProblems(schema: Fields, path: string, root: Fields): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const choices = schema['enum'];
  if (choices !== undefined && (!Array.isArray(choices) || choices.length === 0))
    problems.push({ path: at(path, 'enum'), kind: 'enum' });
  for (const key of NUMBERS)
    if (schema[key] !== undefined && typeof schema[key] !== 'number')
      problems.push({ path: at(path, key), kind: 'number' });
  for (const key of UNSUPPORTED)
    if (schema[key] !== undefined) problems.push({ path: at(path, key), kind: 'unsupported', detail: key });
  const ref = schema['$ref'];
  if (ref !== undefined && (typeof ref !== 'string' || !resolves(ref, root)))
    problems.push({ path: at(path, '$ref'), kind: 'ref', detail: JSON.stringify(ref) });
  return problems;
}

function resolves(ref: string, root: Fields): boolean {
  if (!ref.startsWith('#')) return false;
  let here: unknown = root;
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isFields(here) || !Object.hasOwn(here, key)) return false;
    here = here[key];
  }
  return isFields(here);
}

function partsOf(schema: Fields, path: string): readonly (readonly [string, unknown])[] {
  const parts: (readonly [string, unknown])[] = [];
  for (const key of MAPS) {
    const map = schema[key];
    if (map === undefined) continue;
    if (isFields(map)) for (const [name, part] of Object.entries(map)) parts.push([at(at(path, key), name), part]);
    else parts.push([at(path, key), map]);
  }
  for (const key of LISTS) {
    const list: unknown = schema[key];
    if (list === undefined) continue;
    if (Array.isArray(list)) list.forEach((part, index) => parts.push([at(at(path, key), index), part]));
    else parts.push([at(path, key), list]);
  }
  for (const key of ONES) if (schema[key] !== undefined) parts.push([at(path, key), schema[key]]);
  return parts;
}

function problemsOf(schema: unknown, path: string, root: Fields): readonly SchemaProblem[] {
  if (typeof schema === 'boolean') return [];
  if (!isFields(schema) || path.split('.').length > DEEPEST) return [{ path, kind: 'schemas' }];
  return [
    ...typeProblems(schema['type'], path),
    ...requiredProblems(schema, path),
    ...valueProblems(schema, path, root),
    ...partsOf(schema, path).flatMap(([where, part]) => problemsOf(part, where, root)),
  ];
}

/** What keeps a text from being a JSON schema that answers can be held to; empty when it is one. */
export function schemaProblems(text: string): readonly SchemaProblem[] {
  if (text.trim() === '') return [{ path: '', kind: 'empty' }];
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return [{ path: '', kind: 'not_json', detail: error instanceof Error ? error.message : String(error) }];
  }
  return isFields(schema) ? problemsOf(schema, '', schema) : [{ path: '', kind: 'not_object' }];
}
