/** Characters of a JSON string that stand for themselves, as the inside of a character class of llama.cpp. */
const OUTSIDE = '\\x22\\x5C\\x7F\\x00-\\x1F';
const ANY = `[^${OUTSIDE}]`;
const SHORTHANDS: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: '\\x20' };
const PLAIN = /[A-Za-z0-9]/;
/** Characters that mean something when they stand after a backslash. */
const NAMED = /[A-Za-z0-9]/;
const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/;
/** The most that llama.cpp repeats anything. */
export const MOST_REPETITIONS = 2000;
const DEEPEST = 16;

/** A pattern, or why it cannot be enforced. */
export type PatternTranslation =
  { readonly ok: true; readonly pattern: string } | { readonly ok: false; readonly problem: string };

class PatternProblem extends Error {}

/** A character as the inside of a class of llama.cpp, whose escapes are few. */
function inClass(character: string): string {
  if (PLAIN.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f || character === '"' || character === '\\')
    throw new PatternProblem('has a character that JSON writes as an escape');
  return code < 0x80
    ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    : `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** Reads a regular expression of JavaScript and writes one that llama.cpp's converter reads the same way. */
class PatternReader {
  private at = 0;
  private readonly characters: readonly string[];

  constructor(source: string) {
    this.characters = Array.from(source);
  }

  /** The whole expression. What is not anchored may have anything before and after it. */
  whole(): string {
    const open = this.peek() !== '^';
    if (!open) this.at += 1;
    const inner = this.alternatives(0);
    const closed = this.peek() === '$' && this.at === this.characters.length - 1;
    if (!closed && this.at < this.characters.length)
      throw new PatternProblem(`has '${this.peek() ?? ''}' where it cannot be enforced`);
    return `^${open ? `${ANY}*` : ''}${inner}${closed ? '' : `${ANY}*`}$`;
  }

  private peek(): string | undefined {
    return this.characters[this.at];
  }

  private take(): string {
    const character = this.characters[this.at];
    if (character === undefined) throw new PatternProblem('ends too early');
    this.at += 1;
    return character;
  }

  private alternatives(depth: number): string {
    if (depth > DEEPEST) throw new PatternProblem('has too many groups in groups');
    let out = this.sequence(depth);
    while (this.peek() === '|') {
      // `^a|b$` is `(^a)|(b$)`: outside a group an anchor belongs to one side only.
      if (depth === 0) throw new PatternProblem("has '|' outside a group: put the alternatives into ( )");
      this.at += 1;
      out += `|${this.sequence(depth)}`;
    }
    return out;
  }

  private sequence(depth: number): string {
    let out = '';
    for (;;) {
      const next = this.peek();
      if (next === undefined || next === '|' || next === ')' || next === '$') break;
      out += this.atom(depth) + this.quantifier();
    }
    if (out === '') throw new PatternProblem('has an empty part');
    return out;
  }

  private atom(depth: number): string {
    const character = this.take();
    switch (character) {
      case '.':
        return ANY;
      case '(':
        return this.group(depth);
      case '[':
        return this.characterClass();
      case '\\':
        return `[${this.escape()}]`;
      case '^':
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternProblem(`has '${character}' where it cannot be enforced`);
      default:
        return `[${inClass(character)}]`;
    }
  }

  private group(depth: number): string {
    if (this.peek() === '?') {
      this.at += 1;
      if (this.take() !== ':') throw new PatternProblem('has a look-around or a named group');
    }
    const inner = this.alternatives(depth + 1);
    if (this.peek() !== ')') throw new PatternProblem('has a group without an end');
    this.at += 1;
    return `(${inner})`;
  }

  private escape(): string {
    const character = this.take();
    const shorthand = SHORTHANDS[character];
    if (shorthand !== undefined) return shorthand;
    if (NAMED.test(character)) throw new PatternProblem(`has '\\${character}', which cannot be enforced`);
    return inClass(character);
  }

  private characterClass(): string {
    const negated = this.peek() === '^';
    if (negated) this.at += 1;
    let out = '';
    while (this.peek() !== ']') out += this.classPart();
    this.at += 1;
    if (out === '') throw new PatternProblem('has an empty class');
    return negated ? `[^${out}${OUTSIDE}]` : `[${out}]`;
  }

  private classPart(): string {
    const first = this.take();
    if (first === '\\') return this.escape();
    const low = inClass(first);
    if (this.peek() !== '-' || this.characters[this.at + 1] === ']') return low;
    this.at += 1;
    const last = this.take();
    if (last === '\\') throw new PatternProblem('has a range that ends in an escape');
    const between = (character: string): boolean => first <= character && character <= last;
    if (first > last || between('"') || between('\\')) throw new PatternProblem(`has the range ${first}-${last}`);
    return `${low}-${inClass(last)}`;
  }

  private quantifier(): string {
    const rest = this.characters.slice(this.at, this.at + 16).join('');
    const found = QUANTIFIER.exec(rest);
    if (found === null) return '';
    const [text, least, comma, most] = found;
    this.at += text.length;
    if (this.peek() === '?') throw new PatternProblem('has a lazy quantifier');
    const counts = [least, most].filter((count) => count !== undefined && count !== '').map(Number);
    if (counts.some((count) => count > MOST_REPETITIONS))
      throw new PatternProblem(`repeats more than ${MOST_REPETITIONS} times`);
    if (counts.length === 2 && (counts[0] ?? 0) > (counts[1] ?? 0))
      throw new PatternProblem('has a range of counts that is empty');
    return least === undefined || comma !== undefined ? text : `{${least}}`;
  }
}

/**
 * The pattern in a form that llama.cpp enforces. It copies parts of a pattern into its grammar unread, so that a dot
 * lets a quote through and `\d` breaks the grammar; here every character becomes a class of it, and none that ends a
 * JSON string is let in. The strings it allows are some of those of the pattern, never others.
 */
export function translatePattern(source: string): PatternTranslation {
  try {
    return { ok: true, pattern: new PatternReader(source).whole() };
  } catch (error) {
    if (error instanceof PatternProblem) return { ok: false, problem: error.message };
    throw error;
  }
}
