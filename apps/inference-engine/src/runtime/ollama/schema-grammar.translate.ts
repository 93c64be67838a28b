import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import { fieldsOf, listOf, type Fields } from './fields.parse.js';
import { isApart } from './schema-alternatives.policy.js';
import { findUnenforced, kindsIn, type Kind } from './schema-keywords.policy.js';
import { resolvePointer, toPath } from './schema-pointer.parse.js';
import { toStringNode } from './schema-string.translate.js';
import { MOST_REPETITIONS } from './string-pattern.translate.js';

/** What Ollama makes of a schema must fit its buffer; it cuts what does not, in silence. */
const MOST_GRAMMAR_BYTES = 1_000_000;
const LEAST_GRAMMAR_BUFFER = 32_768;
/** Ollama's buffer in bytes for each byte of the schema. */
const GRAMMAR_BUFFER_FACTOR = 4;
/** Bytes of the grammar of a node beside its names, which are those of its path, several times. */
const NODE_BYTES = 250;
const NAMES_IN_NODE = 5;
const DEEPEST = 40;
/** The largest whole number that the grammar has the digits for. */
const LARGEST_INTEGER = 1e15;
const TYPES = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const;
const ANY: Fields = { type: TYPES };
const TYPE_OF_KIND: Readonly<Record<Kind, string>> = {
  object: 'object',
  array: 'array',
  string: 'string',
  number: 'number',
};

/** Where a schema stands. */
interface Place {
  /** For errors and for the length of the rule's name. */
  readonly path: string;
  readonly depth: number;
  /** The definition this is the same as, or an alternative of, with no object or list in between. */
  readonly owner: string | undefined;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeName(value) === type;
}

/** Puts one schema into the form that Ollama enforces. */
class SchemaCompiler {
  private readonly definitions = new Map<string, { readonly name: string; body: Fields }>();
  /** Definition -> those it is the same as, or has as an alternative. */
  private readonly sameAs = new Map<string, Set<string>>();
  private bytes = 0;

  constructor(
    private readonly root: Fields,
    private readonly rootPath: string,
  ) {}

  compile(): Fields {
    let body = this.node(this.root, { path: this.rootPath, depth: 0, owner: undefined });
    // Ollama does not look for references beside a reference.
    for (let reference = body.$ref; reference !== undefined; reference = body.$ref) {
      this.refuseEndless();
      const name = reference;
      body = [...this.definitions.values()].find((definition) => `#/$defs/${definition.name}` === name)?.body ?? ANY;
    }
    this.refuseEndless();
    const definitions = [...this.definitions.values()].map(({ name, body: of }) => [name, of] as const);
    const whole = definitions.length === 0 ? body : { ...body, $defs: Object.fromEntries(definitions) };
    return this.pad(whole);
  }

  /** The buffer for the grammar grows with the schema, so a comment makes room for a long one. */
  private pad(schema: Fields): Fields {
    if (this.bytes > MOST_GRAMMAR_BYTES)
      throw this.refusal(this.rootPath, 'is too large to be enforced: make it smaller');
    const missing = this.bytes > LEAST_GRAMMAR_BUFFER ? Math.ceil(this.bytes / GRAMMAR_BUFFER_FACTOR) : 0;
    return missing === 0 ? schema : { ...schema, $comment: ' '.repeat(missing) };
  }

  private refusal(path: string, why: string): ApiError {
    return invalidRequest(`${path} ${why}.`, { param: path });
  }

  /** Refuses what stands in a schema and would not be looked at. */
  private only(fields: Fields, place: Place, handled: readonly string[], kinds: readonly Kind[] | 'all'): void {
    const keyword = findUnenforced(fields, handled, kinds);
    if (keyword === undefined) return;
    const beside = handled.find((name) => name in fields && name !== 'type');
    throw this.refusal(
      `${place.path}.${keyword}`,
      beside === undefined
        ? `cannot be enforced: Ollama has no grammar for ${keyword}. Leave it out and check the answer yourself`
        : `cannot be enforced beside ${beside}: leave one of them out, or put it inside ${beside}`,
    );
  }

  private node(schema: unknown, place: Place): Fields {
    if (schema === true) return ANY;
    if (schema === false) throw this.refusal(place.path, 'is false, which no answer can fit: leave it out');
    const fields = fieldsOf(schema);
    if (fields === undefined) throw this.refusal(place.path, 'must be a JSON schema, which is an object or true');
    if (place.depth > DEEPEST) throw this.refusal(place.path, `is nested more than ${DEEPEST} deep: make it flatter`);
    this.bytes += NAMES_IN_NODE * Buffer.byteLength(place.path) + NODE_BYTES;
    if ('$ref' in fields) return this.reference(fields, place);
    if ('allOf' in fields) return this.allOf(fields, place);
    for (const key of ['anyOf', 'oneOf'] as const) if (key in fields) return this.alternatives(fields, key, place);
    if ('const' in fields) return this.values(fields, 'const', [fields.const], place);
    if ('enum' in fields) return this.values(fields, 'enum', listOf(fields.enum), place);
    return this.typed(fields, place);
  }

  private reference(fields: Fields, place: Place): Fields {
    this.only(fields, place, ['$ref'], 'all');
    const target = resolvePointer(this.root, fields.$ref);
    if (target === undefined) {
      throw this.refusal(
        `${place.path}.$ref`,
        "leads nowhere: refer to a schema of the same document, as in '#/$defs/name'",
      );
    }
    const key = target.tokens.join('/');
    if (place.owner !== undefined) this.sameAs.set(place.owner, (this.sameAs.get(place.owner) ?? new Set()).add(key));
    const known = this.definitions.get(key);
    if (known !== undefined) return { $ref: `#/$defs/${known.name}` };
    const definition = { name: `d${this.definitions.size}`, body: ANY };
    this.definitions.set(key, definition);
    definition.body = this.node(target.schema, {
      path: toPath(this.rootPath, target.tokens),
      depth: place.depth + 1,
      owner: key,
    });
    return { $ref: `#/$defs/${definition.name}` };
  }

  private refuseEndless(): void {
    const visit = (key: string, above: ReadonlySet<string>): void => {
      if (above.has(key))
        throw this.refusal(toPath(this.rootPath, key.split('/')), 'refers to itself and to nothing else');
      for (const next of this.sameAs.get(key) ?? []) visit(next, new Set([...above, key]));
    };
    for (const key of this.sameAs.keys()) visit(key, new Set());
  }

  private allOf(fields: Fields, place: Place): Fields {
    this.only(fields, place, ['allOf'], 'all');
    const [single, ...more] = listOf(fields.allOf);
    if (single === undefined || more.length > 0)
      throw this.refusal(`${place.path}.allOf`, 'can only be enforced with one schema in it: put all into one');
    return this.node(single, { ...place, path: `${place.path}.allOf[0]`, depth: place.depth + 1 });
  }

  private alternatives(fields: Fields, key: 'anyOf' | 'oneOf', place: Place): Fields {
    this.only(fields, place, [key], 'all');
    const list = listOf(fields[key]);
    const path = `${place.path}.${key}`;
    if (list.length === 0) throw this.refusal(path, 'must be a list of at least one schema');
    if (key === 'oneOf' && !isApart(list, this.root))
      throw this.refusal(
        path,
        'cannot be enforced where an answer may fit two of its schemas: use anyOf, or give each a type or a constant property of its own',
      );
    const anyOf = list.map((item, index) =>
      this.node(item, { ...place, path: `${path}[${index}]`, depth: place.depth + 1 }),
    );
    return { anyOf };
  }

  private values(fields: Fields, key: 'const' | 'enum', list: readonly unknown[], place: Place): Fields {
    this.only(fields, place, [key, 'type'], 'all');
    const path = `${place.path}.${key}`;
    if (list.length === 0) throw this.refusal(path, 'must have at least one value');
    const types =
      fields.type === undefined ? undefined : Array.isArray(fields.type) ? listOf(fields.type) : [fields.type];
    const wrong = types && list.findIndex((value) => !types.some((type) => isOfType(value, type)));
    if (wrong !== undefined && wrong >= 0)
      throw this.refusal(
        key === 'enum' ? `${path}[${wrong}]` : path,
        `is not of the type ${types?.join(' or ')} beside it`,
      );
    this.bytes += 3 * Buffer.byteLength(JSON.stringify(list));
    return key === 'const' ? { const: list[0] } : { enum: list };
  }

  private typed(fields: Fields, place: Place): Fields {
    const { type } = fields;
    if (type === undefined) {
      const kinds = kindsIn(fields);
      const [kind] = kinds;
      if (kinds.length > 1) throw this.refusal(place.path, 'has no type: say which one it is');
      // No matter what else the schema would let pass: an answer of this type fits it.
      this.only(fields, place, [], kind === undefined ? 'all' : []);
      return kind === undefined ? ANY : this.ofType(fields, TYPE_OF_KIND[kind], place);
    }
    if (!Array.isArray(type)) return this.ofType(fields, type, place);
    if (type.length === 0) throw this.refusal(`${place.path}.type`, 'must name at least one type');
    const anyOf = listOf(type).map((one) => this.ofType(fields, one, place));
    return anyOf.length === 1 ? (anyOf[0] ?? ANY) : { anyOf };
  }

  private ofType(fields: Fields, type: unknown, place: Place): Fields {
    switch (type) {
      case 'object':
        return this.object(fields, place);
      case 'array':
        return this.array(fields, place);
      case 'string':
        return this.string(fields, place);
      case 'integer':
        return this.integer(fields, place);
      case 'number':
        this.only(fields, place, ['type'], ['number']);
        return { type };
      case 'boolean':
      case 'null':
        this.only(fields, place, ['type'], []);
        return { type };
      default:
        throw this.refusal(`${place.path}.type`, `must be one of ${[...TYPES, 'integer'].join(', ')}`);
    }
  }

  private object(fields: Fields, place: Place): Fields {
    this.only(fields, place, ['type', 'properties', 'required', 'additionalProperties'], ['object']);
    const { additionalProperties: more } = fields;
    const properties = Object.entries(fieldsOf(fields.properties) ?? {});
    const names = new Set(properties.map(([name]) => name));
    const required = listOf(fields.required);
    const unknown = required.findIndex((name) => typeof name !== 'string' || !names.has(name));
    if (unknown >= 0)
      throw this.refusal(`${place.path}.required[${unknown}]`, 'must be the name of one of the properties beside it');
    const inside = (path: string): Place => ({
      path: `${place.path}.${path}`,
      depth: place.depth + 1,
      owner: undefined,
    });
    const open =
      more === true ||
      more === undefined ||
      (fieldsOf(more) !== undefined && Object.keys(fieldsOf(more) ?? {}).length === 0);
    if (properties.length === 0 && open) return { type: 'object' };
    if (!open && more !== false) {
      if (properties.length > 0)
        throw this.refusal(
          `${place.path}.additionalProperties`,
          'cannot be enforced beside properties: set it to false, or leave properties out',
        );
      return { type: 'object', additionalProperties: this.node(more, inside('additionalProperties')) };
    }
    return {
      type: 'object',
      properties: Object.fromEntries(
        properties.map(([name, of]) => [name, this.node(of, inside(`properties.${name}`))]),
      ),
      required,
      // Ollama's grammar for other names lets quotes and escapes through. To give none of them is always right.
      additionalProperties: false,
    };
  }

  private array(fields: Fields, place: Place): Fields {
    const unique = fields.uniqueItems === false ? ['uniqueItems'] : [];
    const handled = ['type', 'items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', ...unique];
    this.only(fields, place, handled, ['array']);
    const key = 'prefixItems' in fields ? 'prefixItems' : 'items';
    const most = Array.isArray(fields[key]) ? Infinity : MOST_REPETITIONS;
    const [min, max] = [this.count(fields, 'minItems', most, place), this.count(fields, 'maxItems', most, place)];
    if (min !== undefined && max !== undefined && min > max)
      throw this.refusal(`${place.path}.minItems`, 'must not be more than maxItems');
    const inside = (path: string): Place => ({
      path: `${place.path}.${path}`,
      depth: place.depth + 1,
      owner: undefined,
    });
    if (!Array.isArray(fields[key])) {
      const items = this.node(fields[key] ?? true, inside(key));
      return {
        type: 'array',
        items,
        ...(min === undefined ? {} : { minItems: min }),
        ...(max === undefined ? {} : { maxItems: max }),
      };
    }
    const list = listOf(fields[key]);
    if ((min ?? 0) > list.length)
      throw this.refusal(`${place.path}.minItems`, `must not be more than the schemas in ${key}`);
    if ((max ?? Infinity) < list.length)
      throw this.refusal(`${place.path}.maxItems`, `must not be less than the schemas in ${key}`);
    return { type: 'array', prefixItems: list.map((item, index) => this.node(item, inside(`${key}[${index}]`))) };
  }

  private string(fields: Fields, place: Place): Fields {
    for (const key of ['minLength', 'maxLength'] as const) this.count(fields, key, MOST_REPETITIONS, place);
    const made = toStringNode(fields);
    if (made.ok) return made.node;
    throw this.refusal(`${place.path}.${made.keyword}`, made.problem);
  }

  private integer(fields: Fields, place: Place): Fields {
    const whole = fields.multipleOf === 1 ? ['multipleOf'] : [];
    const handled = ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', ...whole];
    this.only(fields, place, handled, ['number']);
    const bound = (key: string): number | undefined => {
      const value = fields[key];
      if (value === undefined) return undefined;
      if (typeof value === 'number' && Math.abs(value) <= LARGEST_INTEGER) return value;
      throw this.refusal(`${place.path}.${key}`, `must be a number between -${LARGEST_INTEGER} and ${LARGEST_INTEGER}`);
    };
    const [above, below] = [bound('exclusiveMinimum'), bound('exclusiveMaximum')];
    const least = Math.max(
      Math.ceil(bound('minimum') ?? -Infinity),
      above === undefined ? -Infinity : Math.floor(above) + 1,
    );
    const most = Math.min(
      Math.floor(bound('maximum') ?? Infinity),
      below === undefined ? Infinity : Math.ceil(below) - 1,
    );
    if (least > most) throw this.refusal(place.path, 'allows no number at all: its minimum is more than its maximum');
    return {
      type: 'integer',
      ...(least === -Infinity ? {} : { minimum: least }),
      ...(most === Infinity ? {} : { maximum: most }),
    };
  }

  private count(fields: Fields, key: string, most: number, place: Place): number | undefined {
    const value = fields[key];
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
    throw this.refusal(
      `${place.path}.${key}`,
      `must be a whole number from 0 to ${Math.min(most, MOST_REPETITIONS)} to be enforced`,
    );
  }
}

/**
 * The schema in the form of which Ollama 0.24 enforces every word, so that a whole answer always parses and fits. Where
 * Ollama would look away, the form is a stricter one (no names but those listed, tuples of full length), or else this
 * throws a 400 with the path of the keyword.
 * @param path where the schema stands in the request
 */
export function toGrammarSchema(schema: Fields, path: string): Fields {
  return new SchemaCompiler(schema, path).compile();
}
