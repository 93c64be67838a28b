import { isSchema, type Schema } from './schema-keywords.policy.js';

/** The part of a schema that a reference such as `#/$defs/user` points to; undefined when there is none. */
export function resolvePointer(root: Schema, pointer: string): unknown {
  if (pointer === '#') return root;
  if (!pointer.startsWith('#/')) return undefined;
  let part: unknown = root;
  for (const step of pointer.slice(2).split('/')) {
    const name = decode(step);
    if (Array.isArray(part)) part = part[Number(name)];
    else if (isSchema(part) && Object.hasOwn(part, name)) part = part[name];
    else return undefined;
  }
  return part;
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
