import { describe, expect, it } from '@jest/globals';
import { SAMPLING, callOf, chatOf } from '../../../test/call.cases.js';
import type { GenerationCall } from '../runtime.contract.js';
import type { ModelTraits } from './model-traits.translate.js';
import {
  toChatBody,
  toEmbedBody,
  toInfillBody,
  toLoadBody,
  toProbeBody,
  toRawBody,
  toRenderBody,
  toTextProbeBody,
  toUnloadBody,
  toWireMessage,
  type Held,
} from './request-body.translate.js';

const PLAN = { name: 'smollm2', contextLength: 2048, slots: 2 };
const TRAITS: ModelTraits = {
  capabilities: {
    generation: true,
    embedding: true,
    vision: true,
    infill: true,
    tools: 'native',
    thinking: 'native',
  },
  thinksBy: 'switch',
  stop: ['<|im_end|>'],
};
const HELD: Held = { plan: PLAN, threads: undefined, traits: TRAITS };
const LEVELS: Held = { ...HELD, traits: { ...TRAITS, thinksBy: 'levels' } };
const THOUGHTLESS: Held = {
  ...HELD,
  traits: { ...TRAITS, capabilities: { ...TRAITS.capabilities, thinking: 'none' } },
};
const INPUT = chatOf('Hi');
const CALL = callOf({ plan: PLAN, input: INPUT, sampling: { ...SAMPLING, temperature: 0.7, topP: 0.9 } });

describe('toChatBody', () => {
  it('never lets Ollama cut the prompt, says the context length, and has no penalties of its own', () => {
    expect(toChatBody(CALL, INPUT, HELD)).toEqual({
      model: 'smollm2',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      truncate: false,
      shift: false,
      keep_alive: -1,
      options: {
        num_ctx: 2048,
        num_predict: 12,
        temperature: 0.7,
        top_p: 0.9,
        repeat_penalty: 1,
        presence_penalty: 0,
        frequency_penalty: 0,
      },
    });
  });

  it('passes what is set', () => {
    const sampling = {
      ...CALL.sampling,
      topK: 3,
      minP: 0.1,
      repeatPenalty: 1.2,
      presencePenalty: -1,
      frequencyPenalty: 0.5,
      seed: 0,
    };
    expect(toChatBody({ ...CALL, sampling, stop: ['END'], stream: false }, INPUT, HELD)).toMatchObject({
      stream: false,
      options: {
        top_k: 3,
        min_p: 0.1,
        repeat_penalty: 1.2,
        presence_penalty: -1,
        frequency_penalty: 0.5,
        seed: 0,
        stop: ['END', '<|im_end|>'],
      },
    });
  });

  it.each([
    [undefined, {}],
    [0, { logprobs: true, top_logprobs: 0 }],
    [5, { logprobs: true, top_logprobs: 5 }],
  ])('asks for log-probabilities only where they are wanted: %j', (logprobs, expected) => {
    const { logprobs: asked, top_logprobs: top } = toChatBody({ ...CALL, logprobs }, INPUT, HELD);
    expect(asked === undefined ? {} : { logprobs: asked, top_logprobs: top }).toEqual(expected);
  });

  it('asks for any object in place of the format json, whose white space has no end', () => {
    expect(toChatBody({ ...CALL, format: { type: 'json' } }, INPUT, HELD).format).toEqual({ type: 'object' });
  });

  it('passes a schema in the form that is enforced', () => {
    const schema = { properties: { a: { const: 1 } }, title: 'T' };
    expect(toChatBody({ ...CALL, format: { type: 'schema', schema, path: 's' } }, INPUT, HELD).format).toEqual({
      type: 'object',
      properties: { a: { const: 1 } },
      required: [],
      additionalProperties: false,
    });
  });

  it.each([
    ['undefined for what the model does by itself', HELD, undefined, {}, undefined],
    ['false for none', HELD, 'none', {}, false],
    ['false for minimal', HELD, 'minimal', {}, false],
    ['true for any other effort', HELD, 'low', {}, true],
    ['true for xhigh', HELD, 'xhigh', {}, true],
    ['what enable_thinking says', HELD, undefined, { enable_thinking: false }, false],
    ['an effort rather than enable_thinking', HELD, 'high', { enable_thinking: false }, true],
    ['the least level for none', LEVELS, 'none', {}, 'low'],
    ['the level', LEVELS, 'medium', {}, 'medium'],
    ['the highest level for xhigh', LEVELS, 'xhigh', {}, 'high'],
    ['nothing for a model that cannot think', THOUGHTLESS, 'high', { enable_thinking: true }, undefined],
  ] as const)('says %s', (...[, held, effort, templateOptions, expected]) => {
    expect(toChatBody(CALL, { ...INPUT, effort, templateOptions }, held).think).toBe(expected);
  });

  it('lets no model think about an answer in a format, for the grammar would come too late', () => {
    const call: GenerationCall = { ...CALL, format: { type: 'json' } };
    expect(toChatBody(call, { ...INPUT, effort: 'high' }, HELD).think).toBe(false);
    expect(toChatBody(call, { ...INPUT, effort: 'high' }, LEVELS).think).toBe('low');
    expect(toChatBody(call, INPUT, THOUGHTLESS)).not.toHaveProperty('think');
  });

  it('passes tools in the shape of OpenAI', () => {
    const tool = { name: 'f', description: 'd', parameters: { type: 'object' } };
    expect(toChatBody(CALL, { ...INPUT, tools: [tool] }, HELD).tools).toEqual([{ type: 'function', function: tool }]);
    expect(toChatBody(CALL, INPUT, HELD)).not.toHaveProperty('tools');
  });
});

describe('toWireMessage', () => {
  it.each([
    ['images', { role: 'user', content: 'a', images: ['aGk='] }, { role: 'user', content: 'a', images: ['aGk='] }],
    [
      'thoughts',
      { role: 'assistant', content: 'a', reasoning: 'b' },
      { role: 'assistant', content: 'a', thinking: 'b' },
    ],
    [
      'an answer of a tool',
      { role: 'tool', content: '3', toolCallId: 'c1', toolName: 'f' },
      { role: 'tool', content: '3', tool_call_id: 'c1', tool_name: 'f' },
    ],
    [
      'an answer of an unknown tool',
      { role: 'tool', content: '3', toolCallId: 'c1', toolName: '' },
      { role: 'tool', content: '3', tool_call_id: 'c1' },
    ],
  ] as const)('tells of %s', (_name, message, expected) => {
    expect(toWireMessage(message)).toEqual(expected);
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    ['', {}],
    ['[1]', { invalid_arguments: '[1]' }],
    ['{"a":', { invalid_arguments: '{"a":' }],
  ])('gives the arguments %j as an object', (text, expected) => {
    const toolCalls = [{ id: 'c1', name: 'f', arguments: text }];
    expect(toWireMessage({ role: 'assistant', content: '', toolCalls })).toEqual({
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'c1', function: { index: 0, name: 'f', arguments: expected } }],
    });
  });
});

describe('all bodies', () => {
  it('hold the model with the same options, so that nothing reloads it', () => {
    const held = { ...HELD, threads: 3 };
    const bodies = [
      toLoadBody(PLAN, 3),
      toEmbedBody(held, ['a']),
      toChatBody(CALL, INPUT, held),
      toRawBody(CALL, 'a', held),
      toInfillBody(CALL, { prompt: 'a', suffix: 'b' }, held),
      toRenderBody(INPUT, held, false, true),
      toProbeBody(INPUT, held),
      toTextProbeBody('a', held),
    ];
    for (const body of bodies) {
      expect(body).toMatchObject({ model: 'smollm2', keep_alive: -1, options: { num_ctx: 2048, num_thread: 3 } });
      expect(body.options).not.toHaveProperty('num_batch');
    }
    expect(toLoadBody(PLAN, undefined).options).toEqual({ num_ctx: 2048 });
  });

  it('go on with a text without template and without a look for thoughts', () => {
    expect(toRawBody(CALL, 'a', HELD)).toMatchObject({ prompt: 'a', raw: true, think: false, truncate: false });
    const gap = { prompt: 'a', suffix: 'b' };
    expect(toInfillBody(CALL, gap, HELD)).toMatchObject({ ...gap, think: false, truncate: false, shift: false });
    expect(toInfillBody(CALL, gap, HELD)).not.toHaveProperty('raw');
  });

  it('never let Ollama cut an input of embeddings', () => {
    expect(toEmbedBody(HELD, ['a', 'b'])).toMatchObject({ input: ['a', 'b'], truncate: false });
  });

  it('only render the template when that is all that is wanted', () => {
    const body = toRenderBody(INPUT, HELD, true, false);
    expect(body).toMatchObject({
      _debug_render_only: true,
      truncate: false,
      think: false,
      options: { num_predict: 1 },
    });
  });

  it('let go of a model at once', () => {
    expect(toUnloadBody('m')).toEqual({ model: 'm', stream: false, keep_alive: 0 });
  });
});
