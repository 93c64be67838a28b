import { fieldsOf, type Fields } from './fields.parse.js';

/** A place in a document, from the root down. */
export interface PointerTarget {
  readonly tokens: readonly string[];
  readonly schema: unknown;
}

/** What a reference such as `#/$defs/name` leads to; undefined where it leads out of the document or nowhere. */
export function resolvePointer(root: Fields, reference: unknown): PointerTarget | undefined {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) return undefined;
  let tokens: readonly string[];
  try {
    tokens = decodeURIComponent(reference.slice(2))
      .split('/')
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    // Not an encoding of anything, so it leads nowhere.
    return undefined;
  }
  if (reference.length <= 2) tokens = [];
  let schema: unknown = root;
  for (const token of tokens) {
    const next: Readonly<Record<string, unknown>> | undefined = Array.isArray(schema)
      ? (schema as unknown as Readonly<Record<string, unknown>>)
      : fieldsOf(schema);
    if (next === undefined || !Object.hasOwn(next, token)) return undefined;
    schema = next[token];
  }
  return { tokens, schema };
}

/** The place in the words of error messages: `path.$defs.name`, `path.anyOf[0]`. */
export function toPath(path: string, tokens: readonly string[]): string {
  return tokens
    .filter((token) => token !== '')
    .reduce((whole, token) => (/^\d+$/.test(token) ? `${whole}[${token}]` : `${whole}.${token}`), path);
}
