/**
 * What a character costs, in tokens. Chosen so that texts of `tests/contract/token-counts` are not underestimated by
 * more than 15 % for the tokenizer that needs most for them: that of a small English model, which has few words of other
 * scripts in its vocabulary. A model with a large vocabulary needs a half to a third of that for them.
 */
const COST = {
  /** A word of Latin letters, or a part within one that begins with a capital letter... */
  word: 1,
  part: 1.2,
  /** ...up to this length; each letter more costs something. */
  wordLetters: 5,
  furtherLetter: 0.35,
  /** A capital letter after another. */
  furtherCapital: 0.5,
  /** A letter with a mark: it tells that the words around it are not English, and fewer of them are one token. */
  markedLetter: 5,
  /** Most that marks add, for each letter. */
  mostForMarks: 0.15,
  digit: 1,
  /** A digit does not share its token with the space before it, as words do. */
  spaceBeforeDigit: 1,
  mark: 0.75,
  lineEnd: 1,
  tab: 0.8,
  /** Two spaces or more. */
  indentation: 1,
  cyrillic: 0.8,
  arabic: 1.03,
  devanagari: 1.22,
  hangul: 2.5,
  kana: 1.65,
  han: 1.5,
  /** Quotation marks, dashes and the like beyond ASCII. */
  typography: 1.2,
  /** Halves of a character beyond the first 65536, such as an emoji. */
  half: 1,
  /** Characters of two bytes of UTF-8, and of three. */
  twoBytes: 1.1,
  threeBytes: 1.7,
} as const;

/** First and last character of scripts beyond Latin, and what one of them costs; in the order of the characters. */
const SCRIPTS: readonly (readonly [first: number, last: number, cost: number])[] = [
  [0x400, 0x52f, COST.cyrillic],
  [0x600, 0x6ff, COST.arabic],
  [0x900, 0x97f, COST.devanagari],
  [0x2000, 0x206f, COST.typography],
  [0x3000, 0x303f, COST.han],
  [0x3040, 0x30ff, COST.kana],
  [0x4e00, 0x9fff, COST.han],
  [0xac00, 0xd7af, COST.hangul],
  [0xd800, 0xdfff, COST.half],
  [0xff00, 0xffef, COST.han],
];
const FIRST_BEYOND_LATIN = 0x250;
const THREE_BYTES = 0x800;

function costOf(code: number): number {
  for (const [first, last, cost] of SCRIPTS) if (code >= first && code <= last) return cost;
  return code < THREE_BYTES ? COST.twoBytes : COST.threeBytes;
}

const enum Kind {
  Mark,
  Lower,
  Upper,
  Marked,
  Digit,
  Space,
  Tab,
  LineEnd,
  Typography,
  Beyond,
}

function kindOf(code: number): Kind {
  if (code >= 0x61 && code <= 0x7a) return Kind.Lower;
  if (code === 0x20) return Kind.Space;
  if (code >= 0x41 && code <= 0x5a) return Kind.Upper;
  if (code >= 0x30 && code <= 0x39) return Kind.Digit;
  if (code === 0x0a || code === 0x0d) return Kind.LineEnd;
  if (code === 0x09) return Kind.Tab;
  if (code < 0x80) return Kind.Mark;
  if (code < 0xc0 || code === 0xd7 || code === 0xf7) return Kind.Typography;
  return Kind.Marked;
}

/** Kinds of the characters before {@link FIRST_BEYOND_LATIN}: this runs over every character of every prompt. */
const KINDS: readonly Kind[] = Array.from({ length: FIRST_BEYOND_LATIN }, (_, code) => kindOf(code));

/** Adds up what the characters of a text cost, one after the other. */
class Tally {
  private tokens = 0;
  private letters = 0;
  private marks = 0;
  /** Letters of the word that is being read. */
  private word = 0;
  private spaces = 0;
  private capital = false;

  /** Rounded up. Marked letters count as far as there are other letters around them. */
  get total(): number {
    const marks = Math.min(this.marks * COST.markedLetter, this.letters * COST.mostForMarks);
    // Sums of decimal fractions must not lift a whole number over itself.
    return Math.max(0, Math.ceil(this.tokens + marks - 1e-6));
  }

  add(code: number): void {
    const kind = KINDS[code] ?? Kind.Beyond;
    if (kind === Kind.Lower || kind === Kind.Upper || kind === Kind.Marked) this.letter(kind);
    else this.other(kind, code);
  }

  private letter(kind: Kind): void {
    const upper = kind === Kind.Upper;
    this.letters += 1;
    if (kind === Kind.Marked) this.marks += 1;
    if (this.word === 0) {
      this.tokens += COST.word;
    } else if (upper && !this.capital) {
      this.tokens += COST.part;
      this.word = 0;
    } else if (upper) {
      this.tokens += COST.furtherCapital;
    } else if (this.word >= COST.wordLetters) {
      this.tokens += COST.furtherLetter;
    }
    this.word += 1;
    this.spaces = 0;
    this.capital = upper;
  }

  private other(kind: Kind, code: number): void {
    this.word = 0;
    if (kind === Kind.Space) {
      this.spaces += 1;
      if (this.spaces === 2) this.tokens += COST.indentation;
      return;
    }
    if (kind === Kind.Digit) this.tokens += COST.digit + (this.spaces === 1 ? COST.spaceBeforeDigit : 0);
    else if (kind === Kind.Mark) this.tokens += COST.mark;
    else if (kind === Kind.LineEnd) this.tokens += COST.lineEnd;
    else if (kind === Kind.Tab) this.tokens += COST.tab;
    else this.tokens += kind === Kind.Typography ? COST.typography : costOf(code);
    this.spaces = 0;
  }
}

/** About how many tokens a text has, without a tokenizer: enough to choose a tier and to reserve a limit. */
export function estimateTextTokens(text: string): number {
  const tally = new Tally();
  for (let index = 0; index < text.length; index += 1) tally.add(text.charCodeAt(index));
  return tally.total;
}
