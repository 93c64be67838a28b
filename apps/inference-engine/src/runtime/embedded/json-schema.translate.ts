import { resolvePointer, toPath } from '../schema-pointer.parse.js';
import { GrammarRules, exactly } from './grammar-rules.translate.js';
import { assertExclusive } from './schema-branches.policy.js';
import {
  SchemaRefusal,
  allowBeside,
  impossible,
  isSchema,
  limits,
  memberPath,
  type Schema,
} from './schema-keywords.policy.js';
import { isOfType, typesOf, type TypeName } from './schema-types.parse.js';
import { arrayRule, integerRule, numberRule, objectRule, stringRule } from './schema-values.translate.js';

/** Grammar of an answer that may be any JSON object. */
export const ANY_OBJECT = new GrammarRules().text('object');

const MOST_DEPTH = 64;
/** Longest grammar, in characters: what a schema is worth some seconds of compiling. */
const MOST_TEXT = 2 ** 20;
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
    this.rules.define(
      name,
      this.visit(target.schema, { path: toPath('', target.tokens), depth: place.depth + 1, through }),
    );
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
    const { path } = place;
    // Whatever is inside of a value comes after a character of its own, so a reference may be followed again.
    const visit = (inner: unknown, at: string): string =>
      this.visit(inner, { path: at, depth: place.depth + 1, through: [] });
    const context = { rules: this.rules, path, visit };
    switch (type) {
      case 'object':
        return objectRule(schema, context);
      case 'array':
        return arrayRule(schema, context);
      case 'string':
        return stringRule(schema, context);
      case 'integer':
        return integerRule(schema, context);
      case 'number':
        return numberRule(schema, context);
      case 'boolean':
      case 'null':
        return type;
    }
  }
}
