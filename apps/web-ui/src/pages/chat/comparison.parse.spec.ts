import { describe, expect, it } from '@jest/globals';
import { newAnswer, withEnd } from './answer.state';
import { comparisonText, parseComparison, type KeptComparison } from './comparison.parse';
import { FIRST_SETTINGS } from './settings.policy';

const settings = { ...FIRST_SETTINGS, temperature: 0.5 };
const answerOf = (model: string, text: string) => ({ ...newAnswer(`a-${model}`, { ...settings, model }), text });
const KEPT: KeptComparison = {
  shown: true,
  models: ['one', 'two'],
  prompt: 'And now?',
  settings,
  question: { role: 'user', id: 'q', text: 'Why?', images: [] },
  answers: { one: withEnd(answerOf('one', 'Because.'), 'done'), two: answerOf('two', 'Beca') },
};

let last = 0;
const read = (text: string) => parseComparison(text, () => `id-${(last += 1)}`);

describe('a comparison that is kept', () => {
  it('comes back with its question, its settings and its answers; one that was under way as interrupted', () => {
    const found = read(comparisonText(KEPT));
    expect(found).toMatchObject({
      shown: true,
      models: ['one', 'two'],
      prompt: 'And now?',
      settings: { temperature: 0.5 },
      question: { text: 'Why?' },
      answers: { one: { text: 'Because.', state: 'done' }, two: { text: 'Beca', state: 'interrupted' } },
    });
    expect(Object.keys(found?.answers ?? {})).toEqual(['one', 'two']);
  });

  it('comes back where nothing was asked yet', () => {
    expect(read(comparisonText({ ...KEPT, question: undefined, answers: {} }))).toMatchObject({
      prompt: 'And now?',
      question: undefined,
      answers: {},
    });
  });

  it.each(['', 'null', '[]', '{"file":7}', '{"file":"{}"}'])('is none in %j', (text) => {
    expect(read(text)).toBeUndefined();
  });
});
