import { describe, expect, it } from '@jest/globals';
import { firstSentences, toChat } from './question.translate.js';

describe('a question of a tool', () => {
  const QUESTION = { model: 'm', system: 's', user: 'u', maxTokens: 9 };

  it('asks for the likeliest answer first, and for another one the second time', () => {
    expect(toChat(QUESTION)).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'u' },
      ],
      max_tokens: 9,
      temperature: 0,
      reasoning_effort: 'none',
    });
    expect(toChat({ ...QUESTION, attempt: 1 }).temperature).toBeGreaterThan(0);
  });

  it('is constrained and tells likelihoods where it is asked to', () => {
    expect(toChat({ ...QUESTION, schema: { type: 'null' }, logprobs: true })).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'null' } } },
      logprobs: true,
      top_logprobs: 20,
    });
  });

  it.each([
    ['One. Two! Three?', 'One. Two!'],
    ['Version 1.2 is out. It "works." More.', 'Version 1.2 is out. It "works."'],
    ['Only one', 'Only one'],
    ['一。二。三。', '一。二。'],
    ['', ''],
  ])('takes the first sentences of %j', (text, sentences) => {
    expect(firstSentences(text, 2)).toBe(sentences);
  });
});
