import { describe, expect, it } from '@jest/globals';
import { callOf, chatOf } from '../../../test/call.cases.js';
import type { GenerationCall } from '../runtime.contract.js';
import { refusalOf, textsOf } from './refusal.policy.js';

const CALL = callOf({ input: chatOf() });

function withOptions(templateOptions: Readonly<Record<string, unknown>>): GenerationCall['input'] {
  return { ...chatOf(), templateOptions };
}

describe('refusalOf', () => {
  it.each<[string, Partial<GenerationCall>, string, RegExp]>([
    [
      'a bias of tokens',
      { sampling: { ...CALL.sampling, logitBias: { '1': 5 } } },
      'logit_bias',
      /embedded runtime, which can/,
    ],
    ['a prompt of tokens', { input: { type: 'text', prompt: [1, 2], suffix: undefined } }, 'prompt', /texts only/],
    ['an empty prompt', { input: { type: 'text', prompt: '', suffix: undefined } }, 'prompt', /at least one/],
    ['a variable of the template', { input: withOptions({ a: 1 }) }, 'chat_template_kwargs.a', /embedded runtime/],
    [
      'a schema that would not be enforced',
      { format: { type: 'schema', schema: { not: {} }, path: 'response_format.json_schema.schema' } },
      'response_format.json_schema.schema.not',
      /no grammar for not/,
    ],
  ])('names the parameter of %s and what to do', (_name, change, param, message) => {
    const refusal = refusalOf({ ...CALL, ...change });
    expect(refusal).toMatchObject({
      status: 400,
      code: 'invalid_request',
      param,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, Partial<GenerationCall>]>([
    ['a plain chat', {}],
    ['an empty bias', { sampling: { ...CALL.sampling, logitBias: {} } }],
    ['thinking switched off', { input: withOptions({ enable_thinking: false }) }],
    ['a text', { input: { type: 'text', prompt: 'a', suffix: 'b' } }],
    ['any object', { format: { type: 'json' } }],
    ['a schema', { format: { type: 'schema', schema: { type: 'string' }, path: 's' } }],
  ])('has nothing against %s', (_name, change) => {
    expect(refusalOf({ ...CALL, ...change })).toBeUndefined();
  });
});

describe('textsOf', () => {
  it('gives texts as they are, and says what LangChain has to be told about tokens', () => {
    expect(textsOf({ plan: CALL.plan, inputs: ['a', ''] })).toEqual(['a', '']);
    expect(() => textsOf({ plan: CALL.plan, inputs: ['a', [1]] })).toThrow(/check_embedding_ctx_length=False/);
  });
});
