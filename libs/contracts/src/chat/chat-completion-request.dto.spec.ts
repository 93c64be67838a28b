import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { maxTokensOf } from '../generation/sampling.translate.js';
import { parseChatCompletionRequest } from './chat-completion-request.dto.js';

const GOOD = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const TOOL = { type: 'function', function: { name: 'f', description: 'd', parameters: {}, strict: null } };
const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';

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
        max_completion_tokens: 2,
        temperature: 0,
        top_p: 1,
        n: 2,
        stop: ['a', 'b'],
        seed: 7,
        presence_penalty: -2,
        frequency_penalty: 2,
        logit_bias: { 50256: -100 },
        stream: true,
        stream_options: { include_usage: true, include_obfuscation: false },
        logprobs: true,
        top_logprobs: 20,
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {}, strict: true } },
        tools: [TOOL],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
        reasoning_effort: 'max',
        metadata: { a: 'b' },
        user: 'u',
      },
    ],
    [
      'what vLLM and Ollama users send',
      {
        top_k: -1,
        min_p: 0.1,
        repeat_penalty: 1.1,
        repetition_penalty: 1.1,
        keep_alive: '1h30m',
        chat_template_kwargs: { enable_thinking: false },
        options: { num_ctx: 4096, stop: ['x'], mirostat: 1, temperature: null, constructor: 1, toString: 'x' },
      },
    ],
    [
      'null as not set',
      Object.fromEntries(
        [
          ...['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'n', 'stop', 'stream', 'stream_options'],
          ...['seed', 'presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'tools'],
          ...['tool_choice', 'parallel_tool_calls', 'response_format', 'reasoning_effort', 'metadata', 'user'],
          ...['top_k', 'min_p', 'repeat_penalty', 'options', 'keep_alive', 'chat_template_kwargs', 'audio'],
          ...['functions', 'function_call', 'prediction', 'modalities', 'store', 'service_tier', 'verbosity'],
        ].map((name) => [name, null]),
      ),
    ],
    [
      'what happens anyway',
      {
        n: 1,
        tools: [],
        tool_choice: 'auto',
        response_format: { type: 'text' },
        logprobs: false,
        top_logprobs: 0,
        store: false,
        modalities: ['text'],
        service_tier: 'auto',
        verbosity: 'medium',
        functions: [],
        function_call: 'none',
      },
    ],
    ['unknown fields', { prompt_cache_key: 'x', safety_identifier: 'y', guided_choice: ['a'] }],
    ['text parts', { messages: [{ role: 'developer', content: [{ type: 'text', text: 'a' }], name: 'x' }] }],
    ['empty texts', { messages: [{ role: 'user', content: '' }], user: '' }],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: IMAGE, detail: 'low' } }] }] },
    ],
    [
      'an answer as the SDKs of OpenAI hand it back',
      {
        messages: [
          GOOD.messages[0],
          {
            role: 'assistant',
            content: null,
            refusal: null,
            audio: null,
            function_call: null,
            annotations: [],
            reasoning_content: 'hm',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '4' }] },
          { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }], tool_calls: null },
        ],
      },
    ],
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
      'messages[0].content[0].image_url.url',
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
    ['129 answers', { n: 129 }, 'n'],
    ['stream_options without a stream', { stream_options: {} }, 'stream_options'],
    ['tools without a function', { tools: [{ type: 'function' }] }, 'tools[0].function'],
    ['a tool of another kind', { tools: [TOOL, { type: 'custom', custom: { name: 'c' } }] }, 'tools[1].type'],
    ['a choice without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['top_logprobs alone', { top_logprobs: 3 }, 'top_logprobs'],
    ['a function message', { messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages[0].role'],
    [
      'the old form of calls',
      { messages: [{ role: 'assistant', function_call: { name: 'f', arguments: '' } }] },
      'messages[0].function_call',
    ],
    ['spoken answers', { messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'messages[0].audio'],
    ['an option that is out of range', { options: { temperature: 3 } }, 'options.temperature'],
    ['a duration that takes long to read', { keep_alive: `${'1'.repeat(60)}x` }, 'keep_alive'],
  ])('refuses %s and names the parameter', (_, fields, param) => {
    const error = refusal({ ...GOOD, ...fields });
    expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
    expect(error.message.startsWith(`${param} `)).toBe(true);
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
