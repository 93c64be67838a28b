import { describe, expect, it } from '@jest/globals';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import { AnswerTextState, type AnswerStep } from './answer-text.state.js';

/** Tokens are texts; `~1` and `~2` are the halves of a fox. */
function write(texts: readonly string[], stops: readonly string[] = []): AnswerStep[] {
  const bytesOf = (text: string): Buffer => {
    const fox = Buffer.from('🦊');
    if (text === '~1') return fox.subarray(0, 2);
    return text === '~2' ? fox.subarray(2) : Buffer.from(text);
  };
  const detokenize = (tokens: readonly number[]): string =>
    Buffer.concat(tokens.map((token) => bytesOf(texts[token] ?? ''))).toString('utf8');
  const state = new AnswerTextState(detokenize, stops, true);
  const steps: AnswerStep[] = [];
  for (const [token, text] of texts.entries()) {
    const logprob: TokenLogprob = { token: text, bytes: [...bytesOf(text)], logprob: -token, top_logprobs: [] };
    const step = state.push(token, logprob);
    steps.push(step);
    if (step.stopped) return steps;
  }
  return [...steps, state.flush()];
}

const tokensOf = (step: AnswerStep | undefined): string[] => (step?.logprobs ?? []).map(({ token }) => token);

describe('AnswerTextState', () => {
  it('gives each token with its own text', () => {
    const steps = write(['one', ' two', '!']);
    expect(steps.map(({ text }) => text)).toEqual(['one', ' two', '!', '']);
    expect(steps.map(tokensOf)).toEqual([['one'], [' two'], ['!'], []]);
  });

  it('holds tokens back with the text that may be a stop text, and loses none', () => {
    const steps = write(['a', ' E', 'N', 'ough'], ['END']);
    expect(steps.map(({ text }) => text)).toEqual(['a', '', '', ' ENough', '']);
    expect(steps.map(tokensOf)).toEqual([['a'], [], [], [' E', 'N', 'ough'], []]);
  });

  it('lets text leave in whole tokens only', () => {
    const steps = write(['the EN', 'JOY'], ['END']);
    expect(steps.map(({ text }) => text)).toEqual(['', 'the ENJOY', '']);
    expect(tokensOf(steps[1])).toEqual(['the EN', 'JOY']);
  });

  it('cuts the token in which a stop text begins, and drops those after it', () => {
    const steps = write(['one', ' two', ' three EN', 'D', ' four'], ['END']);
    const last = steps.at(-1);
    expect(last).toMatchObject({ text: ' three ', stopped: true });
    expect(last?.logprobs).toEqual([
      { token: ' three ', bytes: [...Buffer.from(' three ')], logprob: -2, top_logprobs: [] },
    ]);
  });

  it('has nothing more when the stop text begins with a token', () => {
    const steps = write(['one', 'EN', 'D'], ['END']);
    expect(steps.at(-1)).toEqual({ text: '', logprobs: [], stopped: true, stop: 'END' });
  });

  it('gives the parts of a character together: the text with the last, the bytes with each', () => {
    const steps = write(['a', '~1', '~2', 'b']);
    expect(steps.map(tokensOf)).toEqual([['a'], [], ['', '🦊'], ['b'], []]);
    const bytes = steps.flatMap((step) => step.logprobs.flatMap((logprob) => logprob.bytes ?? []));
    expect(Buffer.from(bytes).toString()).toBe('a🦊b');
  });

  it('leaves out the part of a character that the end cuts off', () => {
    const steps = write(['a', '~1']);
    expect(steps.map(({ text }) => text)).toEqual(['a', '', '']);
    expect(steps.map(tokensOf)).toEqual([['a'], [], []]);
  });

  it('always has the text of the tokens as its text', () => {
    const pieces = ['E', 'EN', 'D', 'x', '~1', '~2', ' the E', 'ND of', ''];
    for (let seed = 0; seed < 400; seed++) {
      const texts = Array.from({ length: 8 }, (_, index) => pieces[(seed * 31 + index * (seed % 7) + index) % 9] ?? '');
      for (const step of write(texts, ['END', 'xx'])) expect(tokensOf(step).join('')).toBe(step.text);
    }
  });
});
