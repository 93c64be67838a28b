import 'reflect-metadata';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { IsInt, ValidateIf, validateSync } from 'class-validator';
import { AnthropicMessagesRequest } from '../anthropic/messages-request.dto.js';
import { ChatCompletionRequest } from '../chat/chat-completion-request.dto.js';
import { EmbeddingRequest } from '../embeddings/embedding-request.dto.js';
import { OllamaGenerateRequest } from '../ollama/ollama-generation.dto.js';
import { isSoundObject } from './sound-object.policy.js';

const SOUND = {
  model: 'm',
  input: 'text',
  prompt: 'text',
  max_tokens: 5,
  messages: [{ role: 'user', content: 'Hello' }],
  temperature: 0.5,
  stop: ['end'],
  stream: true,
};
const value = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, '', 'auto', 'none', 'm', [], {}, ['a'], { type: 'text' }),
  fc.integer({ min: -3, max: 200 }),
  fc.double(),
);

describe('the quick look at an object', () => {
  it.each([ChatCompletionRequest, EmbeddingRequest, AnthropicMessagesRequest, OllamaGenerateRequest])(
    'comes to the same as class-validator for any values of the fields of %p',
    (dto) => {
      const fields = Object.keys(new dto());
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...fields, 'other'), value, { maxKeys: 3 }), (changed) => {
          const object = Object.assign(new dto(), SOUND, changed);
          const errors = validateSync(object, { stopAtFirstError: true, forbidUnknownValues: false });
          expect(isSoundObject(object)).toBe(errors.length === 0);
        }),
        { numRuns: 500 },
      );
    },
  );

  it('leaves kinds of checks that it does not understand to class-validator', () => {
    class Numbers {
      @IsInt({ each: true })
      all = [1];
    }
    class Choice {
      kind = 'none';

      @ValidateIf(({ kind }: Choice) => kind === 'number')
      @IsInt()
      value: unknown = 'text';
    }
    expect(isSoundObject(new Numbers())).toBe(false);
    expect(isSoundObject(new Choice())).toBe(true);
    expect(isSoundObject(Object.assign(new Choice(), { kind: 'number' }))).toBe(false);
  });
});
