import { describe, expect, it } from '@jest/globals';
import { callOf, chatOf } from '../../../test/call.cases.js';
import type { GenerationCall } from '../runtime.contract.js';
import { toAnswerRoute, toRenderedRoute } from './answer-route.policy.js';
import { toTraits } from './model-traits.translate.js';
import type { Held } from './request-body.translate.js';

const PLAN = { name: 'm', contextLength: 1024, slots: 1 };
const CALL = callOf({ plan: PLAN, input: chatOf(), stream: false });
const JSON_CALL: GenerationCall = { ...CALL, format: { type: 'json' } };

function heldWith(show: object): Held {
  return { plan: PLAN, threads: undefined, traits: toTraits(show) };
}

describe('toAnswerRoute', () => {
  it.each<[string, GenerationCall, object, object]>([
    ['a chat', CALL, {}, { from: 'chat', path: '/api/chat', input: CALL.input }],
    ['a chat in a format', JSON_CALL, {}, { from: 'chat' }],
    [
      'a chat in a format of a model that thinks',
      JSON_CALL,
      { capabilities: ['completion', 'thinking'] },
      { render: JSON_CALL.input },
    ],
    ['the same without a format', CALL, { capabilities: ['completion', 'thinking'] }, { from: 'chat' }],
    [
      'a text',
      { ...CALL, input: { type: 'text', prompt: 'a', suffix: undefined } },
      {},
      { from: 'generate', input: 'a', body: expect.objectContaining({ prompt: 'a', raw: true }) },
    ],
    [
      'a text with a gap',
      { ...CALL, input: { type: 'text', prompt: 'a', suffix: 'b' } },
      {},
      { from: 'generate', input: 'ab', body: expect.objectContaining({ prompt: 'a', suffix: 'b' }) },
    ],
  ])('finds the way of %s', (_name, call, show, expected) => {
    expect(toAnswerRoute(call, heldWith(show))).toMatchObject(expected);
  });
});

describe('toRenderedRoute', () => {
  it('goes on from the prompt, past the channel of thoughts of gpt-oss', () => {
    const prompt = (show: object): unknown => toRenderedRoute(JSON_CALL, 'P', heldWith(show)).input;
    expect(prompt({ capabilities: ['completion', 'thinking'] })).toBe('P');
    expect(prompt({ details: { family: 'gptoss' } })).toBe('P<|channel|>final<|message|>');
  });

  it('takes the images along', () => {
    const messages = [
      { role: 'user', content: 'a', images: ['one'] },
      { role: 'user', content: 'b', images: ['two', 'three'] },
    ] as const;
    const call: GenerationCall = {
      ...JSON_CALL,
      input: { type: 'chat', messages, tools: [], effort: undefined, templateOptions: {} },
    };
    expect(toRenderedRoute(call, 'P', heldWith({})).body).toMatchObject({ images: ['one', 'two', 'three'] });
    expect(toRenderedRoute(JSON_CALL, 'P', heldWith({})).body).not.toHaveProperty('images');
  });
});

describe('toTraits', () => {
  it.each([
    ['an old Ollama', {}, { generation: true, embedding: true }],
    ['a chat model', { capabilities: ['completion', 'vision'] }, { generation: true, embedding: true, vision: true }],
    ['a model of embeddings', { capabilities: ['embedding'] }, { generation: false, embedding: true, tools: 'none' }],
    ['what is no answer', null, { generation: true, thinking: 'none' }],
  ])('knows the abilities of %s', (_name, show, expected) => {
    expect(toTraits(show).capabilities).toMatchObject(expected);
  });

  it('knows where a model stops by itself', () => {
    const parameters =
      'num_thread                     1\nstop                           "<|a|>"\nstop                           "\\n\\n"';
    expect(toTraits({ parameters }).stop).toEqual(['<|a|>', '\n\n']);
    expect(toTraits({ parameters: 'stop                           "\\x00"' }).stop).toEqual([]);
    expect(toTraits({}).stop).toEqual([]);
  });

  it('knows who thinks in levels', () => {
    expect(toTraits({ details: { family: 'gptoss' } }).thinksBy).toBe('levels');
    expect(toTraits({ details: { family: 'llama' } }).thinksBy).toBe('switch');
  });
});
