import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseCompletionRequest, promptsOf, type CompletionRequest } from './completion-request.dto.js';

const GOOD = { model: 'm', prompt: 'Once' };

function parse(fields: object): CompletionRequest {
  return parseCompletionRequest(Buffer.from(JSON.stringify({ ...GOOD, ...fields })));
}

function refusal(fields: object): ApiError {
  try {
    parse(fields);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a completion request', () => {
  it.each<[string, object]>([
    ['the least there is', {}],
    ['texts', { prompt: ['a', 'b'], n: 3, best_of: 3 }],
    ['tokens', { prompt: [1, 2] }],
    ['tokens of several', { prompt: [[1, 2], [3]] }],
    ['every parameter', { suffix: 'end', logprobs: 5, max_tokens: 1, stop: 'x', seed: 0, logit_bias: {}, user: 'u' }],
    ['an echo', { echo: true, logprobs: null, suffix: null }],
    ['a stream', { stream: true, stream_options: { include_usage: true } }],
    ['null as not set', { suffix: null, echo: null, logprobs: null, best_of: null, stop: null, max_tokens: null }],
    ['unknown fields', { ignore_eos: true }],
  ])('accepts %s', (_, fields) => {
    expect({ ...parse(fields) }).toEqual({ ...GOOD, ...fields });
  });

  it.each<[string, object, string]>([
    ['no prompt', { prompt: undefined }, 'prompt'],
    ['null', { prompt: null }, 'prompt'],
    ['an empty text', { prompt: '' }, 'prompt'],
    ['an empty text among others', { prompt: ['a', ''] }, 'prompt[1]'],
    ['no texts', { prompt: [] }, 'prompt'],
    ['an object', { prompt: {} }, 'prompt'],
    ['texts and tokens', { prompt: ['a', [1]] }, 'prompt[1]'],
    ['a token below 0', { prompt: [1, -1] }, 'prompt[1]'],
    ['half a token', { prompt: [[1], [2, 0.5]] }, 'prompt[1][1]'],
    ['no tokens', { prompt: [[]] }, 'prompt[0]'],
    ['2049 prompts', { prompt: Array(2049).fill('a') }, 'prompt'],
    ['too many answers in all', { prompt: Array(1025).fill('a'), n: 2 }, 'n'],
    ['a choice among answers', { n: 1, best_of: 2 }, 'best_of'],
    ['six logprobs', { logprobs: 6 }, 'logprobs'],
    ['logprobs as a boolean', { logprobs: true }, 'logprobs'],
    ['an echo with logprobs', { echo: true, logprobs: 0 }, 'echo'],
    ['an echo with a suffix', { echo: true, suffix: 'x' }, 'echo'],
    ['a suffix that is a list', { suffix: ['x'] }, 'suffix'],
    ['max_tokens 0', { max_tokens: 0 }, 'max_tokens'],
    ['stream_options without a stream', { stream: false, stream_options: {} }, 'stream_options'],
  ])('refuses %s and names the parameter', (_, fields, param) => {
    const error = refusal(fields);
    expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
    expect(error.message.startsWith(`${param} `)).toBe(true);
  });

  it('has its prompts one by one', () => {
    expect(promptsOf(parse({}))).toEqual(['Once']);
    expect(promptsOf(parse({ prompt: ['a', 'b'] }))).toEqual(['a', 'b']);
    expect(promptsOf(parse({ prompt: [1, 2] }))).toEqual([[1, 2]]);
    expect(promptsOf(parse({ prompt: [[1, 2], [3]] }))).toEqual([[1, 2], [3]]);
  });
});
