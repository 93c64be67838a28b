import type { TokenLogprob } from '@local-llm-agent/contracts';

/** A piece of a text with tags: outside of them, or inside of one. */
export interface TaggedPiece {
  /** Undefined outside of tags. */
  readonly tag: string | undefined;
  readonly text: string;
  /** Whether the tag ends after this piece. */
  readonly closed: boolean;
  readonly logprobs: readonly TokenLogprob[];
}

/** A tag and the texts around it. */
export interface Tag {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
}

/** Length of the longest end of `text` that begins one of the marks. */
function overlap(text: string, marks: readonly string[]): number {
  const longest = Math.max(...marks.map((mark) => mark.length)) - 1;
  for (let length = Math.min(text.length, longest); length > 0; length -= 1) {
    const end = text.slice(text.length - length);
    if (marks.some((mark) => mark.startsWith(end))) return length;
  }
  return 0;
}

/** Finds tags in a text that comes in pieces, and holds back what could be the beginning of a mark. */
export class AnswerTags {
  private held = '';
  private logprobs: TokenLogprob[] = [];
  private open: Tag | undefined;

  constructor(private readonly tags: readonly Tag[]) {}

  /** Takes the next piece of text. */
  push(text: string, logprobs: readonly TokenLogprob[] = []): TaggedPiece[] {
    this.held += text;
    this.logprobs.push(...logprobs);
    const pieces: TaggedPiece[] = [];
    for (let next = this.nextMark(); next; next = this.nextMark()) {
      const { tag, at, mark } = next;
      const closed = this.open !== undefined;
      const before = this.held.slice(0, at);
      if (before !== '' || closed) pieces.push(this.piece(before, closed));
      this.held = this.held.slice(at + mark.length);
      this.open = closed ? undefined : tag;
    }
    const keep = overlap(this.held, this.marks());
    const sure = this.held.slice(0, this.held.length - keep);
    this.held = this.held.slice(this.held.length - keep);
    if (sure !== '') pieces.push(this.piece(sure, false));
    return pieces;
  }

  /** What was held back, at the end of the text; a tag that is still open is not closed. */
  flush(): TaggedPiece[] {
    const { held } = this;
    this.held = '';
    return held === '' ? [] : [this.piece(held, false)];
  }

  private piece(text: string, closed: boolean): TaggedPiece {
    const { logprobs } = this;
    this.logprobs = [];
    return { tag: this.open?.name, text, closed, logprobs };
  }

  private marks(): readonly string[] {
    return this.open ? [this.open.end] : this.tags.map((tag) => tag.begin);
  }

  private nextMark(): { tag: Tag; at: number; mark: string } | undefined {
    const candidates = this.open
      ? [{ tag: this.open, mark: this.open.end }]
      : this.tags.map((tag) => ({ tag, mark: tag.begin }));
    return candidates
      .map((candidate) => ({ ...candidate, at: this.held.indexOf(candidate.mark) }))
      .filter(({ at }) => at >= 0)
      .sort((left, right) => left.at - right.at)[0];
  }
}
