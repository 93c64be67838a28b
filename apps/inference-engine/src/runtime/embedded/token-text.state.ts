/** Gives the text of tokens, in the light of the tokens before them. */
export type Detokenize = (tokens: readonly number[], before: readonly number[]) => string;

const REPLACEMENT = '\uFFFD';
/** A character has at most four bytes; more tokens than this that still end in a broken one are broken for good. */
const MOST_PENDING = 8;
/** Some tokenizers write a space or not depending on what came before. */
const TOKENS_BEFORE = 3;

/** Turns generated tokens into text, and holds back tokens until they end at the end of a character. */
export class TokenTextState {
  private pending: number[] = [];
  private before: readonly number[] = [];

  constructor(private readonly detokenize: Detokenize) {}

  /** The last tokens, in whose light the next one is read. */
  get context(): readonly number[] {
    return [...this.before, ...this.pending].slice(-TOKENS_BEFORE);
  }

  /** Takes the next token; the text is empty while a character is incomplete. */
  push(token: number): string {
    this.pending.push(token);
    const text = this.detokenize(this.pending, this.before);
    if (text.endsWith(REPLACEMENT) && this.pending.length < MOST_PENDING) return '';
    this.before = this.context;
    this.pending = [];
    return text;
  }

  /** The complete characters still held back; a character cut off by the end of the answer is left out. */
  flush(): string {
    if (this.pending.length === 0) return '';
    const text = this.detokenize(this.pending, this.before);
    this.pending = [];
    return text.replace(/\uFFFD+$/u, '');
  }
}
