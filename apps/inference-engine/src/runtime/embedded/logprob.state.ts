import type { TokenLogprob } from '@local-llm-agent/contracts';

/** Text with the log-probabilities of its tokens; their texts together are the text. */
export interface ScoredText {
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[];
}

/**
 * Keeps log-probabilities beside the text they belong to. Text leaves in whole tokens, so that no entry is ever told
 * twice or lost, also when text is held back or cut.
 */
export class LogprobState {
  /** Tokens that have not left. */
  private waiting: TokenLogprob[] = [];
  /** Text that may leave, but not without the rest of its token. */
  private sure = '';

  /** Takes the next token; its text is not known yet. */
  add(entry: TokenLogprob): void {
    this.waiting.push({ ...entry, token: '' });
  }

  /** The text of the tokens since the last text: of the last one, which made it whole. Empty: there is none yet. */
  resolve(text: string): void {
    const last = this.waiting.at(-1);
    if (last === undefined || text === '') return;
    this.waiting[this.waiting.length - 1] = { ...last, token: last.token + text };
  }

  /** This much more of the text may leave; gives the tokens that may leave as a whole. */
  release(text: string): ScoredText {
    this.sure += text;
    let count = 0;
    let length = 0;
    let end = 0;
    for (const { token } of this.waiting) {
      end += token.length;
      if (end > this.sure.length) break;
      count++;
      // Tokens without a text of their own leave with the next that has one.
      if (token !== '') length = count;
    }
    return this.take(length);
  }

  /** This much more may leave, and nothing after it; a token that reaches further is cut. */
  end(text: string): ScoredText {
    const whole = this.release(text);
    const index = this.waiting.findIndex(({ token }) => token !== '');
    const next = this.waiting[index];
    if (this.sure === '' || next === undefined) return whole;
    const rest = this.sure;
    const before = this.waiting.slice(0, index);
    this.waiting = [];
    this.sure = '';
    const cut = { ...next, token: rest, bytes: [...Buffer.from(rest)] };
    return { text: whole.text + rest, logprobs: [...whole.logprobs, ...before, cut] };
  }

  private take(count: number): ScoredText {
    const logprobs = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    const text = logprobs.map(({ token }) => token).join('');
    this.sure = this.sure.slice(text.length);
    return { text, logprobs };
  }
}
