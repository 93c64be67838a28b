import { describe, expect, it } from '@jest/globals';
import { SAMPLING, callOf, chatOf } from '../../../test/call.cases.js';
import type { GenerationCall } from '../runtime.contract.js';
import { fromRefusal } from './openai-error.translate.js';
import { ChunkReader, readEmbeddings, readModels, toRequest } from './openai.translate.js';

const CALL = callOf({
  input: chatOf('hi'),
  sampling: { ...SAMPLING, temperature: 0.5 },
  maxTokens: 9,
  stream: false,
});
const STREAM = { stream: true, stream_options: { include_usage: true } };

describe('a call on its way to an OpenAI-compatible server', () => {
  it('says only what was said', () => {
    expect(toRequest(CALL)).toEqual({
      path: '/chat/completions',
      body: {
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }],
        max_tokens: 9,
        temperature: 0.5,
        top_p: 1,
        ...STREAM,
      },
    });
  });

  it.each<[string, Partial<GenerationCall>, object]>([
    [
      'sampling in the words of vLLM',
      { sampling: { ...CALL.sampling, topK: 5, minP: 0.1, repeatPenalty: 1.1 } },
      { top_k: 5, min_p: 0.1, repetition_penalty: 1.1 },
    ],
    [
      'biases and seeds',
      { sampling: { ...CALL.sampling, logitBias: { 5: 1 }, seed: 3 } },
      { logit_bias: { 5: 1 }, seed: 3 },
    ],
    ['log-probabilities', { logprobs: 0 }, { logprobs: true, top_logprobs: 0 }],
    ['JSON', { format: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { format: { type: 'schema', schema: { type: 'null' }, path: 'x' } },
      { response_format: { json_schema: { schema: { type: 'null' } } } },
    ],
  ])('takes %s', (_, fields, expected) => {
    expect(toRequest({ ...CALL, ...fields }).body).toMatchObject(expected);
  });

  it('takes fields that are unknown here, but none that is known', () => {
    const { body } = toRequest({ ...CALL, unknownFields: { guided_choice: ['a'], model: 'other', stream: false } });
    expect(body).toMatchObject({ guided_choice: ['a'], model: 'm', stream: true });
  });

  it('takes images, tools and their history', () => {
    const { body } = toRequest({
      ...CALL,
      input: {
        type: 'chat',
        messages: [
          { role: 'user', content: 'see', images: ['aGk='] },
          { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }] },
          { role: 'tool', content: '3', toolCallId: 'c', toolName: 'f' },
        ],
        tools: [{ name: 'f', description: 'd', parameters: { type: 'object' } }],
        effort: 'low',
        templateOptions: { a: 1 },
      },
    });
    expect(body).toMatchObject({
      messages: [
        {
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
          ],
        },
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'c', content: '3' },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
      reasoning_effort: 'low',
      chat_template_kwargs: { a: 1 },
    });
  });

  it('takes a text to go on from', () => {
    expect(toRequest({ ...CALL, input: { type: 'text', prompt: [1, 2], suffix: 's' }, logprobs: 2 })).toMatchObject({
      path: '/completions',
      body: { prompt: [1, 2], suffix: 's', logprobs: 2 },
    });
  });
});

const delta = (fields: object, reason: string | null = null): object => ({
  choices: [{ index: 0, delta: fields, finish_reason: reason }],
});

describe('an answer of an OpenAI-compatible server', () => {
  it('becomes events, the usage of the last chunk included', () => {
    const reader = new ChunkReader();
    expect(reader.read(delta({ role: 'assistant', content: '' }))).toEqual([]);
    expect(reader.read(delta({ reasoning_content: 'hm' }))).toEqual([{ type: 'reasoning', text: 'hm' }]);
    expect(reader.read(delta({ reasoning: 'so' }))).toEqual([{ type: 'reasoning', text: 'so' }]);
    expect(reader.read(delta({ content: 'a' }))).toEqual([{ type: 'text', text: 'a' }]);
    expect(reader.finish()).toBeUndefined();
    reader.read(delta({}, 'length'));
    reader.read({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } },
    });
    expect(reader.finish()).toEqual([
      { type: 'finish', reason: 'length', usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 1 } },
    ]);
  });

  it.each([
    ['END', { stopText: 'END' }],
    [2, {}],
    [null, {}],
  ])('tells the stop text that vLLM names as %j', (stop, told) => {
    const reader = new ChunkReader();
    reader.read({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: stop }] });
    const usage = { promptTokens: 0, completionTokens: 0 };
    expect(reader.finish()).toEqual([{ type: 'finish', reason: 'stop', usage, ...told }]);
  });

  it('puts the pieces of calls together', () => {
    const reader = new ChunkReader();
    reader.read(delta({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'f', arguments: '' } }] }));
    reader.read(delta({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }));
    reader.read(delta({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }));
    reader.read(delta({}, 'stop'));
    expect(reader.finish()).toMatchObject([
      { type: 'toolCall', call: { id: 'c1', name: 'f', arguments: '{"a":1}' } },
      { type: 'finish', reason: 'tool_calls' },
    ]);
  });

  it('has log-probabilities in both shapes', () => {
    const logprob = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] };
    const chat = { choices: [{ delta: { content: 'a' }, logprobs: { content: [logprob] } }] };
    expect(new ChunkReader().read(chat)).toEqual([{ type: 'text', text: 'a', logprobs: [logprob] }]);
    const old = {
      choices: [{ text: 'a', logprobs: { tokens: ['a'], token_logprobs: [-1], top_logprobs: [{ a: -1 }] } }],
    };
    expect(new ChunkReader().read(old)).toEqual([
      { type: 'text', text: 'a', logprobs: [{ ...logprob, top_logprobs: [{ token: 'a', logprob: -1, bytes: [97] }] }] },
    ]);
  });

  it.each<[unknown]>([[null], [3], [{}], [{ choices: 'x' }], [{ choices: [null] }], [{ choices: [{ delta: 5 }] }]])(
    'ignores %j',
    (chunk) => {
      expect(new ChunkReader().read(chunk)).toEqual([]);
    },
  );
});

describe('lists and vectors of an OpenAI-compatible server', () => {
  it('are read, with the context where it is told', () => {
    const data = [
      { id: 'a:latest', created: 5 },
      { id: 'b', max_model_len: 9 },
      { id: 'c', meta: { n_ctx: 8 } },
      { id: 3 },
    ];
    expect(readModels({ data })?.map(({ name, created, contextLength }) => [name, created, contextLength])).toEqual([
      ['a', 5, undefined],
      ['b', 0, 9],
      ['c', 0, 8],
    ]);
    expect(readModels({ models: [] })).toBeUndefined();
  });

  it('keep the order of the inputs', () => {
    const data = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ];
    expect(readEmbeddings({ data, usage: { prompt_tokens: 4 } })).toEqual({ vectors: [[1], [2]], promptTokens: 4 });
    expect(readEmbeddings({ data: [{ embedding: 'x' }] })).toBeUndefined();
  });
});

describe('a refusal of an OpenAI-compatible server', () => {
  it.each<[number, unknown, object]>([
    [
      400,
      { error: { message: "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens" } },
      { status: 413, code: 'context_length_exceeded' },
    ],
    [400, { error: { message: 'bad top_p', param: 'top_p' } }, { status: 400, param: 'top_p' }],
    [422, { detail: 'no' }, { status: 400, code: 'invalid_request' }],
    [401, { error: { message: 'no key' } }, { status: 503, code: 'backend_unavailable' }],
    [404, { error: { message: 'no model' } }, { status: 404, code: 'model_not_found' }],
    [429, { error: 'slow' }, { status: 503, retryAfterSeconds: 5 }],
    [500, 'boom', { status: 503, origin: 'runtime' }],
  ])('%i %j', (status, body, expected) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(fromRefusal(status, text, 'http://x/v1')).toMatchObject(expected);
  });
});
