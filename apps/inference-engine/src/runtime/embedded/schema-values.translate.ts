import { integerRange } from '../schema-values.parse.js';
import { FORMATS, exactly, type GrammarRules } from './grammar-rules.translate.js';
import { integerBetween } from './integer-range.translate.js';
import { SchemaRefusal, impossible, isSchema, memberPath, type Schema } from './schema-keywords.policy.js';
import { rangeOf, type Range } from './schema-types.parse.js';

/** What the grammar of a value is made with. */
export interface ValueContext {
  readonly rules: GrammarRules;
  /** From the root of the schema. */
  readonly path: string;
  /** An expression of one element for the values of a schema inside of this one. */
  readonly visit: (schema: unknown, path: string) => string;
}

const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;

interface Member {
  readonly pair: string;
  readonly required: boolean;
}

/** The expression of a text. */
export function stringRule(schema: Schema, { rules, path }: ValueContext): string {
  const { format } = schema;
  const { min, max } = rangeOf(schema, 'Length', path);
  if (format === undefined || format === null)
    return min === 0 && max === undefined ? 'string' : rules.add(`"\\"" ${rules.repeat('char', min, max)} "\\""`);
  const expression = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const names = Object.keys(FORMATS).join(', ');
  if (expression === undefined)
    throw new SchemaRefusal(
      memberPath(path, 'format'),
      `Only the formats ${names} can be guaranteed by this runtime. Leave it out, and check the answer for it.`,
    );
  if (min > 0 || max !== undefined)
    throw new SchemaRefusal(memberPath(path, 'format'), 'format cannot be guaranteed beside a length. Leave one out.');
  return rules.add(`"\\"" ${expression} "\\""`);
}

/** The expression of a whole number. */
export function integerRule(schema: Schema, { rules, path }: ValueContext): string {
  const boundAt = (name: string): number | undefined => {
    const value = schema[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    throw new SchemaRefusal(memberPath(path, name), `${name} must be a number of at most 15 digits.`);
  };
  const { least, most } = integerRange(boundAt);
  if (least > most) throw impossible(path, 'the minimum is above the maximum');
  return least === -Infinity && most === Infinity ? 'integer' : rules.add(integerBetween(least, most));
}

/** The expression of any number. Bounds of numbers with fractions are refused. */
export function numberRule(schema: Schema, { path }: ValueContext): string {
  const bound = BOUNDS.find((name) => schema[name] !== undefined && schema[name] !== null);
  if (bound === undefined) return 'number';
  throw new SchemaRefusal(
    memberPath(path, bound),
    `${bound} can only be guaranteed for the type integer. Ask for integers, or leave it out and check the answer for it.`,
  );
}

/** The items of a list: those that are listed one by one, and what may come after them. */
interface Items {
  readonly heads: readonly unknown[];
  readonly headsPath: string;
  readonly rest: unknown;
  readonly restPath: string;
}

/** The items in the way of today (`prefixItems`, `items`) or of before 2020 (`items`, `additionalItems`). */
function itemsOf(schema: Schema, path: string, min: number): Items {
  const { prefixItems, items, additionalItems } = schema;
  const old = Array.isArray(items);
  const heads = prefixItems ?? (old ? items : undefined);
  if (heads !== undefined && !Array.isArray(heads))
    throw new SchemaRefusal(memberPath(path, 'prefixItems'), 'prefixItems must be a list of schemas.');
  return {
    heads: heads ?? [],
    headsPath: memberPath(path, old ? 'items' : 'prefixItems'),
    // After listed items none are made up, unless there must be more.
    rest: (old ? additionalItems : items) ?? (heads === undefined || heads.length < min),
    restPath: memberPath(path, old ? 'additionalItems' : 'items'),
  };
}

/** The expression of a list. */
export function arrayRule(schema: Schema, { rules, path, visit }: ValueContext): string {
  const { min, max } = rangeOf(schema, 'Items', path);
  const { rest, restPath, ...items } = itemsOf(schema, path, min);
  const heads = items.heads.slice(0, max).map((item, index) => visit(item, `${items.headsPath}[${index}]`));
  const most = max === undefined ? undefined : max - heads.length;
  const least = Math.max(0, min - heads.length);
  if (rest === false && least > 0) throw impossible(memberPath(path, 'minItems'), 'it allows too few items');
  if (rest === false || most === 0) return rules.add(`"[" ${heads.join(' comma ') || '""'} "]"`);
  const item = visit(rest, restPath);
  if (heads.length > 0)
    return rules.add(`"[" ${heads.join(' comma ')} ${rules.repeat(`comma ${item}`, least, most)} "]"`);
  return rules.add(`"[" ${separated(item, { min: least, max: most }, rules)} "]"`);
}

/** So many of an item, with commas between them. */
function separated(item: string, { min, max }: Range, rules: GrammarRules): string {
  const more = rules.repeat(`comma ${item}`, Math.max(0, min - 1), max === undefined ? undefined : max - 1);
  return min === 0 ? `(${item} ${more})?` : `${item} ${more}`;
}

/** The expression of an object: its properties in their order, then the added ones. */
export function objectRule(schema: Schema, context: ValueContext): string {
  const { rules, path, visit } = context;
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
    .map((name): Member => {
      const declared = Object.hasOwn(properties, name);
      const value = declared ? properties[name] : (schema['additionalProperties'] ?? true);
      const valuePath = declared ? memberPath(memberPath(path, 'properties'), name) : memberPath(path, 'required');
      const pair = rules.add(`${exactly(`${JSON.stringify(name)}:`)} blank ${visit(value, valuePath)}`);
      return { pair, required: required.includes(name) };
    });
  const counts = extraCounts(schema, { path, members, open: extra !== false });
  if (extra === false || counts.max === 0) return rules.add(`"{" ${memberRules(members, undefined, rules)} "}"`);
  const value = visit(extra, memberPath(path, 'additionalProperties'));
  const pair = rules.add(`${rules.otherThan(names)} ":" blank ${value}`);
  return rules.add(`"{" ${memberRules(members, { pair, ...counts }, rules)} "}"`);
}

/**
 * How many members may be added to the declared ones. A count over members that may be there or not is refused, and so
 * is more than one added member: a grammar cannot keep their names apart.
 */
function extraCounts(
  schema: Schema,
  { path, members, open }: { path: string; members: readonly Member[]; open: boolean },
): Range {
  const { min, max } = rangeOf(schema, 'Properties', path);
  const sure = members.filter((member) => member.required).length;
  const least = Math.max(0, min - sure);
  if (least > 0 && (!open || least > 1 || members.length > sure))
    throw new SchemaRefusal(
      memberPath(path, 'minProperties'),
      'minProperties cannot be guaranteed here. List the names in required.',
    );
  if (max !== undefined && max < members.length)
    throw new SchemaRefusal(
      memberPath(path, 'maxProperties'),
      'maxProperties cannot be guaranteed when more properties are declared. Declare fewer.',
    );
  return { min: least, max: max === undefined ? undefined : max - members.length };
}

/**
 * The members of an object in their order, with commas only between those that are there. `first` is the rule for what
 * follows as long as there is none yet, `rest` after that.
 */
function memberRules(
  members: readonly Member[],
  extra: ({ readonly pair: string } & Range) | undefined,
  rules: GrammarRules,
): string {
  let rest = extra === undefined ? '""' : rules.repeat(`comma ${extra.pair}`, extra.min, extra.max);
  let first = extra === undefined ? '""' : separated(extra.pair, extra, rules);
  for (const { pair, required } of [...members].reverse()) {
    const after = rules.add(rest);
    const without = rules.add(first);
    first = required ? `${pair} ${after}` : `${pair} ${after} | ${without}`;
    rest = required ? `comma ${pair} ${after}` : `(comma ${pair})? ${after}`;
  }
  return rules.add(first);
}
