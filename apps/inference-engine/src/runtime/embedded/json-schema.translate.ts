import { FORMATS, GrammarRules, MOST_REPETITIONS, exactly } from './grammar-rules.translate.js';
import { assertExclusive } from './schema-branches.policy.js';
import { resolvePointer } from './schema-pointer.parse.js';
import {
  SchemaRefusal,
  allowBeside,
  impossible,
  isSchema,
  limits,
  memberPath,
  type Schema,
} from './schema-keywords.policy.js';

/** Grammar of an answer that may be any JSON object. */
export const ANY_OBJECT = new GrammarRules().text('object');

const MOST_DEPTH = 64;
/** Longest grammar, in characters: what a schema is worth some seconds of compiling. */
const MOST_TEXT = 2 ** 20;
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
type TypeName = (typeof TYPES)[number];

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
};

/** Where a schema stands. */
interface Place {
  readonly path: string;
  readonly depth: number;
  /** References on the way here that took no character of the answer; following one again would never end. */
  readonly through: readonly string[];
}

/**
 * The grammar of all answers that fit the schema, in the GBNF form of llama.cpp. It may leave out some answers that fit
 * (properties come in the order of the schema, and none are added unless the schema says so), but has none that does
 * not. Throws a {@link SchemaRefusal} for what a grammar cannot guarantee.
 */
export function schemaGrammar(schema: Schema): string {
  const text = new SchemaCompiler(schema).compile();
  if (text.length > MOST_TEXT) throw new SchemaRefusal('', 'The schema is too large. Ask for less in one answer.');
  return text;
}

function isTypeName(value: unknown): value is TypeName {
  return TYPES.some((type) => type === value);
}

/** The types that a schema allows; undefined when it says nothing about them. */
function typesOf(schema: Schema, names: readonly string[], path: string): readonly TypeName[] | undefined {
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

function isOfType(value: unknown, type: TypeName): boolean {
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

/** A count that a schema gives, or undefined. */
function countOf(schema: Schema, name: string, path: string): number | undefined {
  const value = schema[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MOST_REPETITIONS)
    throw new SchemaRefusal(memberPath(path, name), `${name} must be a whole number from 0 to ${MOST_REPETITIONS}.`);
  return value;
}

function rangeOf(schema: Schema, what: string, path: string): { min: number; max: number | undefined } {
  const min = countOf(schema, `min${what}`, path) ?? 0;
  const max = countOf(schema, `max${what}`, path);
  if (max !== undefined && max < min)
    throw impossible(memberPath(path, `max${what}`), `max${what} is less than min${what}`);
  return { min, max };
}

class SchemaCompiler {
  private readonly rules = new GrammarRules();
  private readonly references = new Map<string, string>();

  constructor(private readonly root: Schema) {}

  compile(): string {
    return this.rules.text(this.visit(this.root, { path: '', depth: 0, through: [] }));
  }

  /** An expression of one element for the values of a schema. */
  private visit(schema: unknown, place: Place): string {
    const { path, depth } = place;
    if (schema === true) return 'value';
    if (schema === false) throw impossible(path, 'it is false');
    if (!isSchema(schema)) throw new SchemaRefusal(path, 'A schema must be an object or a boolean.');
    if (depth > MOST_DEPTH) throw new SchemaRefusal(path, `Schemas may be nested ${MOST_DEPTH} deep. Flatten it.`);
    const names = limits(schema, path);
    const types = typesOf(schema, names, path);
    if (names.includes('$ref')) return this.reference(schema, names, place);
    if (names.includes('allOf')) return this.single(schema, names, place);
    for (const keyword of ['anyOf', 'oneOf'] as const)
      if (names.includes(keyword)) return this.branches(keyword, schema, names, place);
    for (const keyword of ['const', 'enum'] as const)
      if (names.includes(keyword)) return this.literals(keyword, schema, names, { types, path });
    if (types === undefined) return 'value';
    return this.rules.add(types.map((type) => this.ofType(type, schema, place)).join(' | '));
  }

  private reference(schema: Schema, names: readonly string[], place: Place): string {
    const path = memberPath(place.path, '$ref');
    allowBeside('$ref', names, [], place.path);
    const pointer = String(schema['$ref']);
    if (place.through.includes(pointer)) throw impossible(path, `${pointer} refers to itself and nothing else`);
    const known = this.references.get(pointer);
    if (known !== undefined) return known;
    const target = resolvePointer(this.root, pointer);
    if (target === undefined)
      throw new SchemaRefusal(
        path,
        `${pointer} is not found in the schema. Point to a part of it, such as #/$defs/NAME.`,
      );
    const name = this.rules.reserve();
    this.references.set(pointer, name);
    const through = [...place.through, pointer];
    this.rules.define(name, this.visit(target.schema, { path: target.path, depth: place.depth + 1, through }));
    return name;
  }

  private single(schema: Schema, names: readonly string[], place: Place): string {
    const path = memberPath(place.path, 'allOf');
    allowBeside('allOf', names, [], place.path);
    const all = schema['allOf'];
    if (!Array.isArray(all) || all.length !== 1)
      throw new SchemaRefusal(path, 'allOf can only have one entry here. Write one schema that says it all.');
    return this.visit(all[0], { ...place, path: `${path}[0]`, depth: place.depth + 1 });
  }

  private branches(keyword: 'anyOf' | 'oneOf', schema: Schema, names: readonly string[], place: Place): string {
    const path = memberPath(place.path, keyword);
    allowBeside(keyword, names, ['type', 'nullable'], place.path);
    const branches: unknown = schema[keyword];
    if (!Array.isArray(branches) || branches.length === 0)
      throw new SchemaRefusal(path, `${keyword} must be a list of schemas.`);
    const { type } = schema;
    // A type beside the list holds for each branch that has none of its own.
    const typed: unknown[] = branches.map((branch: unknown, index) => {
      if (type === undefined || !isSchema(branch)) return branch;
      if ('$ref' in branch || ('type' in branch && JSON.stringify(branch['type']) !== JSON.stringify(type)))
        throw new SchemaRefusal(
          `${path}[${index}]`,
          `type cannot be guaranteed beside ${keyword}. Put it into each branch.`,
        );
      return { ...branch, type };
    });
    if (keyword === 'oneOf') assertExclusive(typed, this.root, path);
    const expressions = typed.map((branch, index) =>
      this.visit(branch, { ...place, path: `${path}[${index}]`, depth: place.depth + 1 }),
    );
    return this.rules.add(expressions.join(' | '));
  }

  private literals(
    keyword: 'const' | 'enum',
    schema: Schema,
    names: readonly string[],
    { types, path }: { types: readonly TypeName[] | undefined; path: string },
  ): string {
    allowBeside(keyword, names, ['type', 'nullable'], path);
    const values: unknown = keyword === 'const' ? [schema['const']] : schema['enum'];
    if (!Array.isArray(values)) throw new SchemaRefusal(memberPath(path, keyword), 'enum must be a list of values.');
    const right = values.filter((value) => types === undefined || types.some((type) => isOfType(value, type)));
    if (right.length === 0) throw impossible(memberPath(path, keyword), `no value of ${keyword} has the type`);
    return this.rules.add(right.map((value) => exactly(JSON.stringify(value))).join(' | '));
  }

  private ofType(type: TypeName, schema: Schema, place: Place): string {
    switch (type) {
      case 'object':
        return this.object(schema, { ...place, depth: place.depth + 1, through: [] });
      case 'array':
        return this.array(schema, { ...place, depth: place.depth + 1, through: [] });
      case 'string':
        return this.string(schema, place.path);
      default:
        return type;
    }
  }

  private string(schema: Schema, path: string): string {
    const { format } = schema;
    const { min, max } = rangeOf(schema, 'Length', path);
    if (format === undefined || format === null) {
      if (min === 0 && max === undefined) return 'string';
      return this.rules.add(`"\\"" ${this.rules.repeat('char', min, max)} "\\""`);
    }
    const expression = FORMATS[String(format)];
    const names = Object.keys(FORMATS).join(', ');
    if (expression === undefined)
      throw new SchemaRefusal(
        memberPath(path, 'format'),
        `Only these formats can be guaranteed: ${names}. Leave it out.`,
      );
    if (min > 0 || max !== undefined)
      throw new SchemaRefusal(
        memberPath(path, 'format'),
        'format cannot be guaranteed beside a length. Leave one out.',
      );
    return this.rules.add(`"\\"" ${expression} "\\""`);
  }

  private array(schema: Schema, place: Place): string {
    const { path } = place;
    const { min, max } = rangeOf(schema, 'Items', path);
    const tuple = schema['prefixItems'] ?? (Array.isArray(schema['items']) ? schema['items'] : undefined);
    if (tuple !== undefined && !Array.isArray(tuple))
      throw new SchemaRefusal(memberPath(path, 'prefixItems'), 'prefixItems must be a list of schemas.');
    const prefix: unknown[] = tuple ?? [];
    const restName = Array.isArray(schema['items']) ? 'additionalItems' : 'items';
    const rest = schema[restName] ?? (prefix.length < min || tuple === undefined ? true : false);
    const heads = prefix
      .slice(0, max)
      .map((item, index) => this.visit(item, { ...place, path: `${path}.prefixItems[${index}]` }));
    const most = max === undefined ? undefined : max - heads.length;
    const least = Math.max(0, min - heads.length);
    if (rest === false && least > 0) throw impossible(memberPath(path, 'minItems'), 'it allows too few items');
    if (rest === false || most === 0) return this.rules.add(`"[" ${heads.join(' comma ') || '""'} "]"`);
    const item = this.visit(rest, { ...place, path: memberPath(path, restName) });
    if (heads.length > 0)
      return this.rules.add(`"[" ${heads.join(' comma ')} ${this.rules.repeat(`comma ${item}`, least, most)} "]"`);
    const more = this.rules.repeat(`comma ${item}`, Math.max(0, least - 1), most === undefined ? undefined : most - 1);
    return this.rules.add(least === 0 ? `"[" (${item} ${more})? "]"` : `"[" ${item} ${more} "]"`);
  }

  private object(schema: Schema, place: Place): string {
    const { path } = place;
    const properties = schema['properties'] ?? {};
    if (!isSchema(properties)) throw new SchemaRefusal(memberPath(path, 'properties'), 'properties must be an object.');
    const required: unknown = schema['required'] ?? [];
    if (!Array.isArray(required) || !required.every((name) => typeof name === 'string'))
      throw new SchemaRefusal(memberPath(path, 'required'), 'required must be a list of names.');
    // A schema that names no properties at all is one for any object; else none are made up.
    const open = required.length === 0 && !isSchema(schema['properties']);
    const extra: unknown = schema['additionalProperties'] ?? open;
    const names = [...new Set([...Object.keys(properties), ...required])];
    const members = names
      .filter((name) => required.includes(name) || properties[name] !== false)
      .map((name) => {
        const undeclared = schema['additionalProperties'] ?? true;
        const value = Object.hasOwn(properties, name) ? properties[name] : undeclared;
        const at = { ...place, path: memberPath(memberPath(path, 'properties'), name) };
        const pair = this.rules.add(`${exactly(`${JSON.stringify(name)}:`)} blank ${this.visit(value, at)}`);
        return { pair, required: required.includes(name) };
      });
    const counts = this.extraCounts(schema, { path, members, open: extra !== false });
    if (extra === false || counts.max === 0) return this.rules.add(`"{" ${this.members(members, undefined)} "}"`);
    const value = this.visit(extra, { ...place, path: memberPath(path, 'additionalProperties') });
    const pair = this.rules.add(`${this.rules.otherThan(names)} ":" blank ${value}`);
    return this.rules.add(`"{" ${this.members(members, { pair, ...counts })} "}"`);
  }

  /**
   * How many members may be added to the declared ones. A count over members that may be there or not is refused, and
   * so is more than one added member: a grammar cannot keep their names apart.
   */
  private extraCounts(
    schema: Schema,
    { path, members, open }: { path: string; members: readonly { required: boolean }[]; open: boolean },
  ): { min: number; max: number | undefined } {
    const { min, max } = rangeOf(schema, 'Properties', path);
    const sure = members.filter((member) => member.required).length;
    const least = Math.max(0, min - sure);
    if (least > 0 && (!open || least > 1 || members.length > sure))
      throw new SchemaRefusal(
        memberPath(path, 'minProperties'),
        'minProperties cannot be guaranteed here. List what is required.',
      );
    if (max !== undefined && max < members.length)
      throw new SchemaRefusal(
        memberPath(path, 'maxProperties'),
        'maxProperties cannot be less than the declared properties.',
      );
    return { min: least, max: max === undefined ? undefined : max - members.length };
  }

  /**
   * The members of an object in their order, with commas only between those that are there. `first` is the rule for what
   * follows as long as there is none yet, `rest` after that.
   */
  private members(
    members: readonly { pair: string; required: boolean }[],
    extra: { pair: string; min: number; max: number | undefined } | undefined,
  ): string {
    let rest = extra === undefined ? '""' : this.rules.repeat(`comma ${extra.pair}`, extra.min, extra.max);
    let first = '""';
    if (extra !== undefined) {
      const most = extra.max === undefined ? undefined : extra.max - 1;
      const all = `${extra.pair} ${this.rules.repeat(`comma ${extra.pair}`, Math.max(0, extra.min - 1), most)}`;
      first = extra.min === 0 ? `(${all})?` : all;
    }
    for (const { pair, required } of [...members].reverse()) {
      const after = this.rules.add(rest);
      const without = this.rules.add(first);
      first = required ? `${pair} ${after}` : `${pair} ${after} | ${without}`;
      rest = required ? `comma ${pair} ${after}` : `(comma ${pair})? ${after}`;
    }
    return this.rules.add(first);
  }
}
