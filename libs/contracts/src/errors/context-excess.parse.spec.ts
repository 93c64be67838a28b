import { describe, expect, it } from '@jest/globals';
import { contextLengthExceeded, invalidRequest } from './api-error.js';
import { parseContextExcess } from './context-excess.parse.js';

describe('the figures of a prompt that is too long', () => {
  it('are read from every way in which it is told', () => {
    const figures = { promptTokens: 9000, contextLength: 8192 };
    expect(parseContextExcess(contextLengthExceeded(9000, 8192))).toEqual({
      ...figures,
      advice: 'Shorten the messages, or raise contextLength for this model in the catalog.',
    });
    for (const bound of ['model', 'memory'] as const) {
      const error = contextLengthExceeded(9000, 8192, { exact: false, param: 'input[1]', bound });
      expect(parseContextExcess(error)).toMatchObject(figures);
    }
  });

  it('are not found in other errors', () => {
    const message = 'It has 3 tokens, but the context of this model is 2 tokens. Shorten it.';
    expect(parseContextExcess(invalidRequest(message))).toBeUndefined();
    expect(parseContextExcess({ code: 'context_length_exceeded', message: 'Too long.' })).toBeUndefined();
  });
});
