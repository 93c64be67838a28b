import { describe, expect, it } from '@jest/globals';
import {
  backendUnavailable,
  contextLengthExceeded,
  invalidRequest,
  modelNotFound,
  rateLimited,
} from '@local-llm-agent/contracts';
import { toResponseError, toResponsesError } from './response-error.translate.js';

const PATHS = ['instructions', 'previous_response_id', 'input[0]', 'input'];

describe('an error of the chat behind a response', () => {
  it.each([
    ['messages[2].content[1]', 'input[0].content[1]'],
    ['messages[1].content[0]', 'previous_response_id'],
    ['messages[0]', 'instructions'],
    ['messages[3].content[0]', 'input'],
    ['messages[9]', 'input'],
    ['max_completion_tokens', 'max_output_tokens'],
    ['reasoning_effort', 'reasoning.effort'],
    ['response_format.json_schema.schema', 'text.format.schema'],
    ['response_format', 'text.format'],
    ['tools[1].function.parameters', 'tools[1].parameters'],
    ['tool_choice.function.name', 'tool_choice.name'],
    ['temperature', 'temperature'],
  ])('about %s is about %s', (param, here) => {
    const error = toResponsesError(invalidRequest(`${param} is wrong.`, { param }), PATHS);
    expect([error.param, error.message, error.status]).toEqual([here, `${here} is wrong.`, 400]);
  });

  it('has the status of OpenAI where the prompt is too long', () => {
    expect(toResponsesError(contextLengthExceeded(9, 8), PATHS)).toMatchObject({
      code: 'context_length_exceeded',
      status: 400,
      param: 'input',
      message: expect.stringContaining('Shorten the input'),
    });
  });

  it('keeps everything else', () => {
    const limited = rateLimited('slow down', 3);
    expect(toResponsesError(limited, PATHS)).toBe(limited);
  });

  it('gets a code that a response may have', () => {
    expect(toResponseError(rateLimited('x', 1)).code).toBe('rate_limit_exceeded');
    expect(toResponseError(modelNotFound('x')).code).toBe('invalid_prompt');
    expect(toResponseError(backendUnavailable('x')).code).toBe('server_error');
  });
});
