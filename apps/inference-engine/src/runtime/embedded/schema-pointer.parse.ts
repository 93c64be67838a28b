import { isSchema, type Schema } from './schema-keywords.policy.js';

/** A part of a schema, and the path to it from the root. */
export interface SchemaPart {
  readonly schema: unknown;
  readonly path: string;
}

/** The old and the new home of definitions: tools that are put together into one schema keep all of them in one. */
const HOMES: readonly (readonly [string, string])[] = [
  ['#/definitions/', '#/$defs/'],
  ['#/$defs/', '#/definitions/'],
];

/** The part of a schema that a reference such as `#/$defs/user` points to; undefined when there is none. */
export function resolvePointer(root: Schema, pointer: string): SchemaPart | undefined {
  const found = follow(root, pointer);
  if (found !== undefined) return found;
  const other = HOMES.find(([home]) => pointer.startsWith(home));
  return other && follow(root, other[1] + pointer.slice(other[0].length));
}

function follow(root: Schema, pointer: string): SchemaPart | undefined {
  if (pointer === '#') return { schema: root, path: '' };
  if (!pointer.startsWith('#/')) return undefined;
  let part: SchemaPart = { schema: root, path: '' };
  for (const step of pointer.slice(2).split('/')) {
    const next = memberOf(part, decode(step));
    if (next === undefined) return undefined;
    part = next;
  }
  return part;
}

function memberOf({ schema, path }: SchemaPart, name: string): SchemaPart | undefined {
  if (Array.isArray(schema)) {
    const item: unknown = schema[Number(name)];
    return item === undefined ? undefined : { schema: item, path: `${path}[${name}]` };
  }
  if (!isSchema(schema) || !Object.hasOwn(schema, name)) return undefined;
  return { schema: schema[name], path: `${path}.${name}` };
}

function decode(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A stray percent sign stands for itself.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
