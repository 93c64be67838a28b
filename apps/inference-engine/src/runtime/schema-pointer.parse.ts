/** A part of a schema, and the steps to it from the root. */
export interface SchemaPart {
  readonly tokens: readonly string[];
  readonly schema: unknown;
}

/** The old and the new home of definitions: who puts schemas together may move them and leave the references. */
const HOMES: readonly (readonly [string, string])[] = [
  ['definitions', '$defs'],
  ['$defs', 'definitions'],
];

/** The part of a schema that a reference such as `#/$defs/name` leads to; undefined where it leads out of it or nowhere. */
export function resolvePointer(root: unknown, reference: unknown): SchemaPart | undefined {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) return undefined;
  const tokens = reference === '#' ? [] : decoded(reference.slice(2)).split('/').map(unescaped);
  const found = follow(root, tokens);
  if (found) return found;
  const [home, ...steps] = tokens;
  const other = HOMES.find(([from]) => from === home);
  return other && follow(root, [other[1], ...steps]);
}

/** The place of a part in the words of error messages: `path.$defs.name`, `path.anyOf[0]`. */
export function toPath(path: string, tokens: readonly string[]): string {
  return tokens
    .filter((token) => token !== '')
    .reduce((whole, token) => (/^\d+$/.test(token) ? `${whole}[${token}]` : `${whole}.${token}`), path);
}

function follow(root: unknown, tokens: readonly string[]): SchemaPart | undefined {
  let schema = root;
  for (const token of tokens) {
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, token)) return undefined;
    schema = (schema as Readonly<Record<string, unknown>>)[token];
  }
  return { tokens, schema };
}

/** A reference is a part of a URI. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // A stray percent sign stands for itself.
    return fragment;
  }
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
