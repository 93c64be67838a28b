import type { TokenLogprob } from '@local-llm-agent/contracts';
import { LogprobState } from './logprob.state.js';
import { StopTextState } from '../stop-text.state.js';
import { TokenTextState, type Detokenize } from './token-text.state.js';

/** Text that may leave. `logprobs` are those of the tokens that it is made of. */
export interface AnswerStep {
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[];
  /** A stop text was found; nothing after it leaves. */
  readonly stopped: boolean;
  /** Which one. */
  readonly stop?: string;
}

/** Turns generated tokens into the text that leaves: whole characters, up to the first stop text. */
export class AnswerTextState {
  private readonly tokens: TokenTextState;
  private readonly stops: StopTextState;
  private readonly scores: LogprobState | undefined;

  /** @param scored whether each token comes with its log-probability */
  constructor(detokenize: Detokenize, stops: readonly string[], scored: boolean) {
    this.tokens = new TokenTextState(detokenize);
    this.stops = new StopTextState(stops);
    this.scores = scored ? new LogprobState() : undefined;
  }

  /** The tokens before the next one, as its text depends on them. */
  get before(): readonly number[] {
    return this.tokens.context;
  }

  /** Takes the next token. */
  push(token: number, logprob?: TokenLogprob): AnswerStep {
    if (logprob !== undefined) this.scores?.add(logprob);
    return this.pass(this.tokens.push(token));
  }

  /** What was held back, at the end of the generation. */
  flush(): AnswerStep {
    const step = this.pass(this.tokens.flush());
    const { text, stopped, logprobs } = step;
    if (stopped) return step;
    const last = this.leave(this.stops.flush(), true);
    return { text: text + last.text, logprobs: [...logprobs, ...last.logprobs], stopped };
  }

  private pass(piece: string): AnswerStep {
    this.scores?.resolve(piece);
    const { text, ...end } = this.stops.push(piece);
    return { ...this.leave(text, end.stopped), ...end };
  }

  private leave(text: string, last: boolean): { text: string; logprobs: readonly TokenLogprob[] } {
    if (this.scores === undefined) return { text, logprobs: [] };
    return last ? this.scores.end(text) : this.scores.release(text);
  }
}
