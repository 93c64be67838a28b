import { describe, expect, it } from '@jest/globals';
import { toChatCompletionRequest } from '../chat/chat-completion-request.dto.js';
import { unknownFieldsOf } from './unknown-fields.parse.js';

describe('fields that a request has and its DTO does not know', () => {
  it('are found, those of the base class left out', () => {
    const request = toChatCompletionRequest({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0,
      top_k: 3,
      guided_choice: ['a', 'b'],
      prompt_cache_key: 'x',
    });
    expect(unknownFieldsOf(request)).toEqual({ guided_choice: ['a', 'b'], prompt_cache_key: 'x' });
  });
});
