/** Most repetitions that a grammar can count: the parser of llama.cpp takes no more than 2000 at a time, so they nest. */
export const MOST_REPETITIONS = 65_536;
/** Repetitions in one rule; a power of two whose square is {@link MOST_REPETITIONS}. */
const CHUNK = 256;

/** Rules that every grammar for JSON shares. White space is at most one blank, so that it never goes on for ever. */
const BASE: Readonly<Record<string, string>> = {
  blank: '" "?',
  comma: '"," blank',
  // Halves of surrogate pairs are left out: they would make the length of a text unclear.
  char: String.raw`[^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex{3} | [dD] [0-7] hex{2}))`,
  hex: '[0-9a-fA-F]',
  plain: String.raw`[^"\\\x00-\x1f]`,
  string: String.raw`"\"" char* "\""`,
  integer: '"-"? ("0" | [1-9] [0-9]{0,14})',
  number: 'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
  boolean: '"true" | "false"',
  null: '"null"',
  // Names that the model makes up have an end, as their values have.
  name: String.raw`"\"" char{0,64} "\""`,
  member: 'name ":" blank value',
  object: '"{" (member (comma member)*)? "}"',
  array: '"[" (value (comma value)*)? "]"',
  value: 'object | array | string | number | boolean | null',
  // The 29th of February only in years that surely have one.
  date: String.raw`[0-9]{4} "-" (("01" | "03" | "05" | "07" | "08" | "10" | "12") "-" ("0" [1-9] | [12] [0-9] | "3" [01]) | ("04" | "06" | "09" | "11") "-" ("0" [1-9] | [12] [0-9] | "30") | "02-" ("0" [1-9] | "1" [0-9] | "2" [0-8])) | [0-9]{2} ("0" [48] | [2468] [048] | [13579] [26]) "-02-29"`,
  clock: '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]',
  time: 'clock ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] clock)',
  uuid: 'hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12}',
};

/** The formats of texts that a grammar can guarantee, as expressions without the quotes. */
export const FORMATS: Readonly<Record<string, string>> = {
  date: 'date',
  time: 'time',
  'date-time': 'date "T" time',
  uuid: 'uuid',
};

/** An expression that is exactly this text. */
export function exactly(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

/** A character inside of a character class. */
function inClass(character: string): string {
  if (/[\dA-Za-z]|[^\0-\x7f]/u.test(character)) return character;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** What cannot stand in a JSON text without an escape. */
const ESCAPED = /["\\\p{Cc}]/u;

/** The rules of one grammar in the GBNF form of llama.cpp. */
export class GrammarRules {
  private readonly rules = new Map<string, string>();
  private readonly names = new Map<string, string>();

  /** Takes a name for a rule that is still to be written, so that it can refer to itself. */
  reserve(): string {
    const name = `r${this.rules.size}`;
    this.rules.set(name, '""');
    return name;
  }

  /** Writes a rule whose name was taken. */
  define(name: string, expression: string): void {
    this.rules.set(name, expression);
  }

  /** A rule for the expression; the same one for the same expression. */
  add(expression: string): string {
    const known = this.names.get(expression);
    if (known !== undefined) return known;
    const name = this.reserve();
    this.define(name, expression);
    this.names.set(expression, name);
    return name;
  }

  /** The expression from `min` to `max` times, one after the other. Counts are at most {@link MOST_REPETITIONS}. */
  repeat(expression: string, min: number, max: number | undefined): string {
    const item = this.add(expression);
    const first = this.times(item, min);
    if (max === undefined) return `${first} ${item}*`.trim();
    return `${first} ${this.upTo(item, max - min)}`.trim();
  }

  /** A text in quotes that is none of these. It has no escapes, which would be another spelling of one of them. */
  otherThan(texts: readonly string[]): string {
    const spellable = texts.filter((text) => !ESCAPED.test(text));
    return spellable.length === 0 ? 'name' : this.add(`"\\"" ${this.unlike(spellable)} "\\""`);
  }

  /** The whole grammar, with the shared rules that it may use. */
  text(root: string): string {
    const own = [...this.rules].map(([name, expression]) => `${name} ::= ${expression}`);
    const shared = Object.entries(BASE).map(([name, expression]) => `${name} ::= ${expression}`);
    return [`root ::= ${root}`, ...own, ...shared].join('\n');
  }

  private times(item: string, count: number): string {
    if (count === 0) return '';
    if (count <= CHUNK) return `${item}{${count}}`;
    const chunk = this.add(`${item}{${CHUNK}}`);
    return `${chunk}{${Math.floor(count / CHUNK)}} ${this.times(item, count % CHUNK)}`;
  }

  private upTo(item: string, count: number): string {
    if (count === 0) return '';
    if (count <= CHUNK) return `${item}{0,${count}}`;
    const chunk = this.add(`${item}{${CHUNK}}`);
    const chunks = Math.floor(count / CHUNK);
    const whole = `${chunk}{${chunks}} ${this.upTo(item, count % CHUNK)}`;
    return `(${chunk}{0,${chunks - 1}} ${item}{0,${CHUNK - 1}} | ${whole})`;
  }

  /** The rest of a text that must not be one of these rests. */
  private unlike(texts: readonly string[]): string {
    const byFirst = new Map<string, string[]>();
    for (const text of texts) {
      const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
      if (text !== '') byFirst.set(first, [...(byFirst.get(first) ?? []), text.slice(first.length)]);
    }
    const like = [...byFirst].map(([first, rests]) => `${exactly(first)} ${this.unlike(rests)}`);
    const other = `[^"\\\\\\x00-\\x1f${[...byFirst.keys()].map(inClass).join('')}] plain{0,64}`;
    return this.add([...(texts.includes('') ? [] : ['""']), other, ...like].join(' | '));
  }
}
