import { endOfText, MOST_DEPTH } from './json-text.parse.js';
import { isSoundText } from './json-value.policy.js';
import type { Problem } from './located.constraint.js';

const PLAIN_KEY = /^[\w$-]{1,64}$/;
const LONGEST_KEY = 40;
/** A number, or a word that stands where a value should. */
const SCALAR = /[-+.\w]+/y;
const NOT_A_NUMBER = /^[-+]?(?:nan|inf(?:inity)?)$/i;
const UNSOUND = {
  nul: 'has the character NUL, where models and runtimes would cut it',
  half: 'has half of a character',
};

/** An object or a list that is open. */
interface Level {
  readonly names: Set<string> | undefined;
  /** Member or item that is being read. */
  at: string | number;
  /** The next text is a name. */
  naming: boolean;
}

function withName(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`;
  if (!PLAIN_KEY.test(name)) return `${path}[${JSON.stringify(name.slice(0, LONGEST_KEY))}]`;
  return path === '' ? name : `${path}.${name}`;
}

function unsoundness(text: string): string {
  return text.includes('\0') ? UNSOUND.nul : UNSOUND.half;
}

function nameProblem(name: string, before: ReadonlySet<string> | undefined): string | undefined {
  if (before?.has(name) === true) return 'is given twice';
  if (name === '__proto__') return 'is not a parameter';
  return isSoundText(name) ? undefined : `${unsoundness(name)} in its name`;
}

/** Reads a JSON text with the places of its values. */
class FaultFinder {
  private readonly levels: Level[] = [];

  constructor(private readonly json: string) {}

  find(): Problem | undefined {
    for (let at = 0; at < this.json.length; at += 1) {
      const char = this.json[at] ?? '';
      let problem: Problem | undefined;
      if (char === '"') {
        const end = endOfText(this.json, at);
        problem = this.text(this.json.slice(at, end + 1));
        at = end;
      } else if (char === '{' || char === '[') problem = this.open(char === '{');
      else if (char === '}' || char === ']') this.levels.pop();
      else if (char === ',') this.next();
      else if (char > ' ' && char !== ':') {
        const word = this.wordAt(at);
        problem = this.scalar(word);
        at += word.length - 1;
      }
      if (problem) return problem;
    }
    return undefined;
  }

  private get path(): string {
    return this.levels.reduce((path, { at }) => withName(path, at), '');
  }

  private wordAt(at: number): string {
    SCALAR.lastIndex = at;
    return SCALAR.exec(this.json)?.[0] ?? '?';
  }

  private open(isObject: boolean): Problem | undefined {
    if (this.levels.length === MOST_DEPTH) {
      const [top] = this.levels;
      return {
        path: typeof top?.at === 'string' ? withName('', top.at) : '',
        message: `is nested deeper than ${MOST_DEPTH} levels`,
      };
    }
    this.levels.push({ names: isObject ? new Set() : undefined, at: isObject ? '' : 0, naming: isObject });
    return undefined;
  }

  private next(): void {
    const level = this.levels.at(-1);
    if (!level) return;
    if (typeof level.at === 'number') level.at += 1;
    else level.naming = true;
  }

  private text(quoted: string): Problem | undefined {
    const text = readText(quoted);
    if (text === undefined) return undefined;
    const level = this.levels.at(-1);
    if (level?.naming) return this.name(text, level);
    return isSoundText(text) ? undefined : { path: this.path, message: unsoundness(text) };
  }

  private name(name: string, level: Level): Problem | undefined {
    level.naming = false;
    level.at = name;
    const message = nameProblem(name, level.names);
    if (message !== undefined) return { path: this.path, message };
    level.names?.add(name);
    return undefined;
  }

  private scalar(word: string): Problem | undefined {
    if (NOT_A_NUMBER.test(word)) return { path: this.path, message: `is ${word}, which JSON does not have` };
    const isTooLarge = /^-?\d/.test(word) && !Number.isFinite(Number(word)) && !Number.isNaN(Number(word));
    return isTooLarge ? { path: this.path, message: 'is a number that is too large' } : undefined;
  }
}

function readText(quoted: string): string | undefined {
  // Without an escape it says what it means, unless the body is malformed.
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The text of a body that is malformed anyway.
    return undefined;
  }
}

/**
 * The first thing in the JSON text that this system does not take although the parser may: a name that is given twice,
 * nesting beyond {@link MOST_DEPTH}, NUL or half a character in a text, a number beyond all bounds, `NaN`, `__proto__`.
 * Slow: for texts of which it is known that something is wrong. `path` is empty for the body as a whole.
 */
export function findJsonFault(json: string): Problem | undefined {
  return new FaultFinder(json).find();
}
