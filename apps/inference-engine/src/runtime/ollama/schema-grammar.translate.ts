import { resolvePointer, toPath } from '../schema-pointer.parse.js';
import { fieldsOf, listOf, type Fields } from './fields.parse.js';
import { isApart } from './schema-alternatives.policy.js';
import { kindsIn, refuseUnenforced, schemaRefusal, type Kind } from './schema-keywords.policy.js';
import { countAt, toIntegerNode, toValuesNode } from './schema-scalar.translate.js';
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
/** Each repetition up to a count is so many rules in the grammar: the sum is bounded, or one schema takes all memory. */
const MOST_REPETITIONS_IN_ALL = 20_000;
/** Alternatives of alternatives: llama.cpp keeps all that are possible at a time. */
const MOST_WAYS = 1000;
/** Whether two schemas exclude each other is asked for each pair. */
const MOST_ALTERNATIVES_APART = 100;
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

/** Puts one schema into the form that Ollama enforces. */
class SchemaCompiler {
  private readonly definitions = new Map<string, { readonly name: string; body: Fields }>();
  /** Definition -> those it is the same as, or has as an alternative. */
  private readonly sameAs = new Map<string, Set<string>>();
  private bytes = 0;
  private repetitions = 0;

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
      throw schemaRefusal(this.rootPath, 'is too large to be enforced: make it smaller');
    const missing = this.bytes > LEAST_GRAMMAR_BUFFER ? Math.ceil(this.bytes / GRAMMAR_BUFFER_FACTOR) : 0;
    return missing === 0 ? schema : { ...schema, $comment: ' '.repeat(missing) };
  }

  private repeat(path: string, ...counts: readonly (number | undefined)[]): void {
    this.repetitions += Math.max(0, ...counts.filter((count) => count !== undefined));
    if (this.repetitions > MOST_REPETITIONS_IN_ALL)
      throw schemaRefusal(path, `brings the counts of the schema to more than ${MOST_REPETITIONS_IN_ALL}: lower them`);
  }

  private node(schema: unknown, place: Place): Fields {
    if (schema === true) return ANY;
    if (schema === false) throw schemaRefusal(place.path, 'is false, which no answer can fit: leave it out');
    const fields = fieldsOf(schema);
    if (fields === undefined) throw schemaRefusal(place.path, 'must be a JSON schema, which is an object or true');
    if (place.depth > DEEPEST) throw schemaRefusal(place.path, `is nested more than ${DEEPEST} deep: make it flatter`);
    this.bytes += NAMES_IN_NODE * Buffer.byteLength(place.path) + NODE_BYTES;
    if ('$ref' in fields) return this.reference(fields, place);
    if ('allOf' in fields) return this.allOf(fields, place);
    for (const key of ['anyOf', 'oneOf'] as const) if (key in fields) return this.alternatives(fields, key, place);
    if ('const' in fields) return this.values(fields, 'const', place);
    if ('enum' in fields) return this.values(fields, 'enum', place);
    return this.typed(fields, place);
  }

  private reference(fields: Fields, place: Place): Fields {
    refuseUnenforced(fields, place.path, ['$ref'], 'all');
    const target = resolvePointer(this.root, fields.$ref);
    if (target === undefined) {
      throw schemaRefusal(
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

  /** Refuses references that lead back with nothing in between, or that make too many alternatives of a few. */
  private refuseEndless(): void {
    const widths = new Map<string, number>();
    const widthOf = (key: string, above: ReadonlySet<string>): number => {
      const path = toPath(this.rootPath, key.split('/'));
      if (above.has(key)) throw schemaRefusal(path, 'refers to itself and to nothing else');
      const known = widths.get(key);
      if (known !== undefined) return known;
      const below = new Set(above).add(key);
      const width = [...(this.sameAs.get(key) ?? [])].reduce((sum, next) => sum + widthOf(next, below), 1);
      if (width > MOST_WAYS) throw schemaRefusal(path, `has more than ${MOST_WAYS} alternatives by way of references`);
      widths.set(key, width);
      return width;
    };
    for (const key of this.sameAs.keys()) widthOf(key, new Set());
  }

  private allOf(fields: Fields, place: Place): Fields {
    refuseUnenforced(fields, place.path, ['allOf'], 'all');
    const [single, ...more] = listOf(fields.allOf);
    if (single === undefined || more.length > 0)
      throw schemaRefusal(`${place.path}.allOf`, 'can only be enforced with one schema in it: put all into one');
    return this.node(single, { ...place, path: `${place.path}.allOf[0]`, depth: place.depth + 1 });
  }

  private alternatives(fields: Fields, key: 'anyOf' | 'oneOf', place: Place): Fields {
    refuseUnenforced(fields, place.path, [key], 'all');
    const list = listOf(fields[key]);
    const path = `${place.path}.${key}`;
    if (list.length === 0) throw schemaRefusal(path, 'must be a list of at least one schema');
    if (key === 'oneOf' && (list.length > MOST_ALTERNATIVES_APART || !isApart(list, this.root)))
      throw schemaRefusal(
        path,
        'cannot be enforced where an answer may fit two of its schemas: use anyOf, or give each a type or a constant property of its own',
      );
    const anyOf = list.map((item, index) =>
      this.node(item, { ...place, path: `${path}[${index}]`, depth: place.depth + 1 }),
    );
    return { anyOf };
  }

  private values(fields: Fields, key: 'const' | 'enum', place: Place): Fields {
    const node = toValuesNode(fields, key, place.path);
    this.bytes += 3 * Buffer.byteLength(JSON.stringify(node));
    return node;
  }

  private typed(fields: Fields, place: Place): Fields {
    const { type } = fields;
    if (type === undefined) {
      const kinds = kindsIn(fields);
      const [kind] = kinds;
      if (kinds.length > 1) throw schemaRefusal(place.path, 'has no type: say which one it is');
      // No matter what else the schema would let pass: an answer of this type fits it.
      refuseUnenforced(fields, place.path, [], kind === undefined ? 'all' : []);
      return kind === undefined ? ANY : this.ofType(fields, TYPE_OF_KIND[kind], place);
    }
    if (!Array.isArray(type)) return this.ofType(fields, type, place);
    if (type.length === 0) throw schemaRefusal(`${place.path}.type`, 'must name at least one type');
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
        return toIntegerNode(fields, place.path);
      case 'number':
        refuseUnenforced(fields, place.path, ['type'], ['number']);
        return { type };
      case 'boolean':
      case 'null':
        refuseUnenforced(fields, place.path, ['type'], []);
        return { type };
      default:
        throw schemaRefusal(`${place.path}.type`, `must be one of ${[...TYPES, 'integer'].join(', ')}`);
    }
  }

  private object(fields: Fields, place: Place): Fields {
    refuseUnenforced(fields, place.path, ['type', 'properties', 'required', 'additionalProperties'], ['object']);
    const { additionalProperties: more } = fields;
    const properties = Object.entries(fieldsOf(fields.properties) ?? {});
    const names = new Set(properties.map(([name]) => name));
    const required = listOf(fields.required);
    const unknown = required.findIndex((name) => typeof name !== 'string' || !names.has(name));
    if (unknown >= 0)
      throw schemaRefusal(`${place.path}.required[${unknown}]`, 'must be the name of one of the properties beside it');
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
        throw schemaRefusal(
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
    refuseUnenforced(fields, place.path, handled, ['array']);
    const key = 'prefixItems' in fields ? 'prefixItems' : 'items';
    const most = Array.isArray(fields[key]) ? Infinity : MOST_REPETITIONS;
    const [min, max] = [countAt(fields, 'minItems', most, place.path), countAt(fields, 'maxItems', most, place.path)];
    if (min !== undefined && max !== undefined && min > max)
      throw schemaRefusal(`${place.path}.minItems`, 'must not be more than maxItems');
    const inside = (path: string): Place => ({
      path: `${place.path}.${path}`,
      depth: place.depth + 1,
      owner: undefined,
    });
    if (!Array.isArray(fields[key])) {
      this.repeat(place.path, min, max);
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
      throw schemaRefusal(`${place.path}.minItems`, `must not be more than the schemas in ${key}`);
    if ((max ?? Infinity) < list.length)
      throw schemaRefusal(`${place.path}.maxItems`, `must not be less than the schemas in ${key}`);
    return { type: 'array', prefixItems: list.map((item, index) => this.node(item, inside(`${key}[${index}]`))) };
  }

  private string(fields: Fields, place: Place): Fields {
    for (const key of ['minLength', 'maxLength'] as const) countAt(fields, key, MOST_REPETITIONS, place.path);
    const made = toStringNode(fields);
    if (made.ok) {
      this.repeat(place.path, made.repetitions);
      this.bytes += 3 * Buffer.byteLength(JSON.stringify(made.node));
      return made.node;
    }
    throw schemaRefusal(`${place.path}.${made.keyword}`, made.problem);
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
