import { describe, expect, it } from '@jest/globals';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import { meanOf, normalised, scoreCategories, type CategoryScores } from './category-score.estimate.js';
import { answerOf } from './classify.translate.js';

type Options = Readonly<Record<string, number>>;

/** A token that was written, with the probabilities of those that could have stood in its place. */
function place(token: string, options: Options): TokenLogprob {
  const told = Object.entries(options).map(([text, probability]) => ({
    token: text,
    bytes: [...Buffer.from(text)],
    logprob: Math.log(probability),
  }));
  const own = told.find((option) => option.token === token);
  return {
    token,
    bytes: [...Buffer.from(token)],
    logprob: own?.logprob ?? Math.log(0.001),
    top_logprobs: told.map(({ token: text, bytes, logprob }) => ({ token: text, bytes, logprob })),
  };
}

const sure = (token: string): TokenLogprob => place(token, { [token]: 1 });
const OPENING = ['{"', 'category', '":', ' "'].map(sure);
const answers = (...categories: string[]): string[] => categories.map(answerOf);
const close = (...masses: readonly (number | undefined)[]): unknown[] =>
  masses.map((mass): unknown => (mass === undefined ? undefined : expect.closeTo(mass)));

describe('the probabilities of categories', () => {
  it.each<[string, readonly TokenLogprob[], string[], Pick<CategoryScores, 'chosen' | 'masses'>]>([
    [
      'are those of the tokens by which they part',
      [...OPENING, place('bug', { bug: 0.5, feature: 0.3, The: 0.1 }), sure('"}')],
      ['bug', 'feature'],
      { chosen: 0, masses: [0.5, 0.3] },
    ],
    [
      'are unknown for a category that is not among the likeliest tokens',
      [...OPENING, place('bug', { bug: 0.5, The: 0.3 }), sure('"}')],
      ['bug', 'feature'],
      { chosen: 0, masses: [0.5, undefined] },
    ],
    [
      'multiply along the tokens of a name',
      [...OPENING, place('ref', { ref: 0.8, ask: 0.2 }), place('und', { und: 0.25, used: 0.75 }), sure('"}')],
      ['refund', 'refused', 'ask'],
      { chosen: 0, masses: [0.2, 0.6, 0.2] },
    ],
    [
      'are shared by the categories that a token of another way leads to',
      [...OPENING, place('ask', { ask: 0.5, ref: 0.4 }), sure('"}')],
      ['refund', 'refused', 'ask'],
      { chosen: 2, masses: [0.2, 0.2, 0.5] },
    ],
    [
      'add up the tokens that begin the same name',
      [...OPENING, place('bug', { bug: 0.5, b: 0.1, fe: 0.2, feature: 0.1 }), sure('"}')],
      ['bug', 'feature'],
      { chosen: 0, masses: [0.6, 0.3] },
    ],
    [
      'part at the closing quote for a name that begins another one',
      [...OPENING, place('bug', { bug: 0.9 }), place('"}', { '"}': 0.3, ' report': 0.7 })],
      ['bug', 'bug report'],
      { chosen: 0, masses: [0.3, 0.7] },
    ],
    [
      'are found when the quote and the name are one token',
      [sure('{"category":'), place('"bug', { '"bug': 0.6, '"feat': 0.2, ' "': 0.1 }), sure('"}')],
      ['bug', 'feature'],
      { chosen: 0, masses: [0.6, 0.2] },
    ],
    [
      'do not mind space of the grammar',
      [sure('{ "category" :\n'), ...[place(' "a', { ' "a': 0.6, ' "b': 0.4 })]],
      ['a', 'b'],
      { chosen: 0, masses: [0.6, 0.4] },
    ],
    [
      'are none for another answer',
      [sure('Sure'), sure('!')],
      ['a', 'b'],
      { chosen: undefined, masses: [undefined, undefined] },
    ],
    [
      'are none for an answer that was cut',
      [sure('{"')],
      ['a', 'b'],
      { chosen: undefined, masses: [undefined, undefined] },
    ],
    ['are none without tokens', [], ['a', 'b'], { chosen: undefined, masses: [undefined, undefined] }],
  ])('%s', (_, tokens, categories, { chosen, masses }) => {
    const scores = scoreCategories(tokens, answers(...categories));
    expect([scores.chosen, scores.masses]).toEqual([chosen, close(...masses)]);
  });

  it('are read from bytes where a token ends in the middle of a letter', () => {
    const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
    const part = (bytes: Buffer): TokenLogprob => ({
      token: '\uFFFD',
      bytes: [...bytes],
      logprob: 0,
      top_logprobs: [],
    });
    const tokens = [...OPENING, part(first), part(second), place('t', { t: 0.9, n: 0.1 }), sure('é"}')];
    expect(scoreCategories(tokens, answers('été', 'éné')).masses).toEqual(close(0.9, 0.1));
  });

  it('keep space that belongs to a name', () => {
    const tokens = [...OPENING, sure('new'), place(' bug', { ' bug': 0.6, ' idea': 0.4 }), sure('"}')];
    expect(scoreCategories(tokens, answers('new bug', 'new idea')).masses).toEqual(close(0.6, 0.4));
  });

  it('say how much a category that was not told can have at most', () => {
    const told = (options: Options): number =>
      scoreCategories([...OPENING, place('a', options)], answers('a', 'b')).unseenMass;
    expect(told({ a: 0.5, x: 0.2 })).toBeCloseTo(0.2);
    expect(told({ a: 0.9, x: 0.08 })).toBeCloseTo(0.02);
  });

  it('sum to 1 once they are normalised, also when nothing is known', () => {
    expect(normalised([1, 3])).toEqual([0.25, 0.75]);
    expect(normalised([0, 0])).toEqual([0.5, 0.5]);
    expect(
      meanOf([
        [0.25, 0.75],
        [0.75, 0.25],
      ]),
    ).toEqual([0.5, 0.5]);
  });
});
