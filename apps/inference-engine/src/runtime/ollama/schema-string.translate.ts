import type { Fields } from './fields.parse.js';
import { translatePattern } from './string-pattern.translate.js';

/** A string as Ollama enforces it, or the keyword that it would not. */
export type StringNode =
  | { readonly ok: true; readonly node: Fields }
  | { readonly ok: false; readonly keyword: string; readonly problem: string };

const DAY = '(0[1-9]|1[0-9]|2[0-8])';
/** Every day but the 29th of February, which is not there each year. */
const DATE = `[0-9]{4}-((0[1-9]|1[0-2])-${DAY}|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)`;
const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?(Z|[+\\-]([01][0-9]|2[0-3]):[0-5][0-9])';
const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])';
/** Formats as patterns: those of llama.cpp let impossible days through. */
const FORMATS: Readonly<Record<string, string>> = {
  date: `^${DATE}$`,
  time: `^${TIME}$`,
  'date-time': `^${DATE}T${TIME}$`,
  uuid: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  ipv4: `^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`,
};

function refuse(keyword: string, problem: string): StringNode {
  return { ok: false, keyword, problem };
}

function toLengths(fields: Fields, first: string): StringNode {
  const { minLength: min, maxLength: max } = fields;
  const other = (['pattern', 'format'] as const).find((key) => key in fields);
  if (other !== undefined) return refuse(first, `cannot be enforced beside ${other}: leave one of them out`);
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    return refuse('minLength', 'must not be more than maxLength');
  const least = min === undefined ? {} : { minLength: min };
  return { ok: true, node: { type: 'string', ...least, ...(max === undefined ? {} : { maxLength: max }) } };
}

function toPattern(source: unknown): StringNode {
  if (typeof source !== 'string') return refuse('pattern', 'must be a text');
  const made = translatePattern(source);
  if (made.ok) return { ok: true, node: { type: 'string', pattern: made.pattern } };
  return refuse('pattern', `cannot be enforced, for it ${made.problem}. Write it in a simpler way, or leave it out`);
}

function toFormatted(format: unknown): StringNode {
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return toPattern(FORMATS[format]);
  return refuse(
    'format',
    `cannot be enforced: of the formats Ollama can do ${Object.keys(FORMATS).join(', ')}. Leave it out, or use a pattern`,
  );
}

/** A schema of type string in the form that Ollama enforces. */
export function toStringNode(fields: Fields): StringNode {
  const { pattern, format } = fields;
  const length = (['minLength', 'maxLength'] as const).find((key) => key in fields);
  if (length !== undefined) return toLengths(fields, length);
  if (pattern !== undefined && format !== undefined)
    return refuse('format', 'cannot be enforced beside pattern: leave one of them out');
  if (format !== undefined) return toFormatted(format);
  return pattern === undefined ? { ok: true, node: { type: 'string' } } : toPattern(pattern);
}
