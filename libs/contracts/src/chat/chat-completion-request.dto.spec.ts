import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { maxTokensOf, parseChatCompletionRequest } from './chat-completion-request.dto.js';

const GOOD = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

function parse(body: unknown): ReturnType<typeof parseChatCompletionRequest> {
  return parseChatCompletionRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function refusal(body: unknown): ApiError {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a chat completion request', () => {
  it.each<[string, object]>([
    ['the least there is', {}],
    [
      'every parameter',
      {
        max_tokens: 1,
        temperature: 0,
        top_p: 1,
        stop: ['a', 'b'],
        seed: 7,
        stream: true,
        stream_options: { include_usage: true },
      },
    ],
    [
      'null as not set',
      { max_tokens: null, temperature: null, stop: null, stream: null, stream_options: null, seed: null },
    ],
    [
      'what happens anyway',
      { n: 1, tools: [], response_format: { type: 'text' }, logprobs: false, presence_penalty: 0 },
    ],
    ['unknown fields', { chat_template_kwargs: { a: 1 } }],
    ['text parts', { messages: [{ role: 'developer', content: [{ type: 'text', text: 'a' }], name: 'x' }] }],
  ])('accepts %s', (_, fields) => {
    const body = { ...GOOD, ...fields };
    expect({ ...parse(body) }).toEqual(body);
  });

  it.each<[string, object, string]>([
    ['no model', { model: undefined }, 'model'],
    ['an empty model', { model: '' }, 'model'],
    ['a model that is a number', { model: 5 }, 'model'],
    ['no messages', { messages: undefined }, 'messages'],
    ['empty messages', { messages: [] }, 'messages'],
    ['messages that are a text', { messages: 'hi' }, 'messages'],
    ['a message that is null', { messages: [null] }, 'messages[0]'],
    [
      'an unknown role',
      { messages: [GOOD.messages[0], GOOD.messages[0], { role: 'bot', content: 'x' }] },
      'messages[2].role',
    ],
    ['a missing role', { messages: [{ content: 'x' }] }, 'messages[0].role'],
    ['content that is a number', { messages: [{ role: 'user', content: 3 }] }, 'messages[0].content'],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['no parts', { messages: [{ role: 'user', content: [] }] }, 'messages[0].content'],
    [
      'a part of another kind',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages[0].content[0].type',
    ],
    [
      'a text part without text',
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
    ],
    ['a name that is a number', { messages: [{ role: 'user', content: 'x', name: 1 }] }, 'messages[0].name'],
    ['max_tokens 0', { max_tokens: 0 }, 'max_tokens'],
    ['max_tokens 1.5', { max_tokens: 1.5 }, 'max_tokens'],
    ['max_tokens as text', { max_tokens: '5' }, 'max_tokens'],
    ['max_completion_tokens -1', { max_completion_tokens: -1 }, 'max_completion_tokens'],
    ['temperature 2.1', { temperature: 2.1 }, 'temperature'],
    ['temperature as text', { temperature: 'hot' }, 'temperature'],
    ['top_p -0.1', { top_p: -0.1 }, 'top_p'],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['a stop that is a number', { stop: ['a', 1] }, 'stop[1]'],
    ['seed 1.5', { seed: 1.5 }, 'seed'],
    ['stream as text', { stream: 'yes' }, 'stream'],
    ['stream_options as text', { stream_options: 'yes' }, 'stream_options'],
    ['include_usage as text', { stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage'],
    ['two answers', { n: 2 }, 'n'],
    ['tools', { tools: [{ type: 'function' }] }, 'tools'],
    ['logprobs', { logprobs: true }, 'logprobs'],
    ['a JSON format', { response_format: { type: 'json_object' } }, 'response_format'],
  ])('refuses %s and names the parameter', (_, fields, param) => {
    const error = refusal({ ...GOOD, ...fields });
    expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
    expect(error.message).toContain(param.replace(/\[.*$/, ''));
  });

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a forged prototype', '{"__proto__":{"model":"x"},"messages":[]}'],
  ])('refuses a body that is %s', (_, body) => {
    expect(refusal(body.toString()).status).toBe(400);
  });

  it('says first of all that the type is wrong', () => {
    expect(refusal({ ...GOOD, model: 5 }).message).toBe('model must be a string.');
    expect(refusal({ ...GOOD, max_tokens: 'x' }).message).toBe('max_tokens must be an integer number.');
  });

  it('refuses invalid UTF-8', () => {
    expect(() => parseChatCompletionRequest(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(/UTF-8/);
  });

  it('takes max_completion_tokens before max_tokens', () => {
    expect(maxTokensOf(parse({ ...GOOD, max_tokens: 5, max_completion_tokens: 6 }))).toBe(6);
    expect(maxTokensOf(parse({ ...GOOD, max_tokens: 5 }))).toBe(5);
    expect(maxTokensOf(parse(GOOD))).toBeUndefined();
  });
});
