/** What may leave after a piece of text came in. */
export interface StopTextStep {
  readonly text: string;
  /** A stop text was found; nothing after it leaves. */
  readonly stopped: boolean;
  /** Which one. */
  readonly stop?: string;
}

/** Cuts generated text at the first stop text, and holds back what could be the beginning of one. */
export class StopTextState {
  private held = '';
  private readonly stops: readonly string[];

  constructor(stops: readonly string[]) {
    this.stops = stops.filter((stop) => stop !== '');
  }

  /** Takes the next piece. */
  push(piece: string): StopTextStep {
    const text = this.held + piece;
    const found = this.stops
      .map((stop) => ({ stop, at: text.indexOf(stop) }))
      .filter(({ at }) => at >= 0)
      .sort((left, right) => left.at - right.at)[0];
    if (found) {
      this.held = '';
      return { text: text.slice(0, found.at), stopped: true, stop: found.stop };
    }
    const keep = Math.max(0, ...this.stops.map((stop) => overlap(text, stop)));
    this.held = text.slice(text.length - keep);
    return { text: text.slice(0, text.length - keep), stopped: false };
  }

  /** What was held back, at the end of the generation. */
  flush(): string {
    const text = this.held;
    this.held = '';
    return text;
  }
}

/** Length of the longest end of `text` that is a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
