import { describe, expect, it } from '@jest/globals';
import { ApiError, type ResponseInputItem, type ResponseRequest } from '@local-llm-agent/contracts';
import { toChatPlan } from './response-chat.translate.js';
import { ResponseIds } from './response-ids.state.js';
import { checkCalls, referenceOf, toResponseItems, type PlacedItem } from './response-items.translate.js';

const KEY = '0123456789abcdef0123456789abcdef';
const TOOL = { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } as const;

function itemsOf(input: unknown): PlacedItem[] {
  return toResponseItems(input as string | ResponseInputItem[], new ResponseIds(KEY), (id) => ({
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'stored', annotations: [] }],
  }));
}

function chatOf(fields: object): ReturnType<typeof toChatPlan> {
  const request = { model: 'm', input: 'hi', ...fields } as ResponseRequest;
  return toChatPlan(request, itemsOf(request.input));
}

const call = (id: string): object => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
const output = (id: string, value: unknown = '4'): object => ({
  type: 'function_call_output',
  call_id: id,
  output: value,
});

describe('what agents send with a response', () => {
  const image = (data: string): object => ({ type: 'input_image', image_url: `data:image/png;base64,${data}` });
  const shown = (data: string): object => ({
    type: 'image_url',
    image_url: { url: `data:image/png;base64,${data}`, detail: 'auto' },
  });

  it('has the images that tools gave shown by the user, once all tools have answered', () => {
    const { chat, paths } = chatOf({
      input: [
        call('a'),
        call('b'),
        output('a', [{ type: 'input_text', text: 'One:' }, image('QQ==')]),
        output('b', [image('Qg==')]),
        { role: 'user', content: 'Look.' },
        call('c'),
        output('c', [image('Qw==')]),
      ],
    });
    expect(chat.messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'One:' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: [shown('QQ=='), shown('Qg==')] },
      { role: 'user', content: 'Look.' },
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'c', content: '' },
      { role: 'user', content: [shown('Qw==')] },
    ]);
    expect(paths.slice(3, 5)).toEqual(['input[2]', 'input[4]']);
  });

  it('has calls of functions in namespaces under one name', () => {
    const { chat } = chatOf({
      input: [{ ...call('a'), namespace: 'agents' }, output('a')],
      client_metadata: { session_id: 's' },
    });
    expect(chat.messages[0]?.tool_calls?.[0]?.function.name).toBe('agents__f');
    expect(chat).not.toHaveProperty('client_metadata');
  });
});

describe('the items of a request', () => {
  it('are a message of the user for a text', () => {
    expect(itemsOf('hi')).toEqual([
      {
        path: 'input',
        item: {
          id: `msg_${KEY}0000`,
          type: 'message',
          role: 'user',
          status: 'completed',
          content: [{ type: 'input_text', text: 'hi' }],
        },
      },
    ]);
  });

  it('keep the ids they have and get ones of their own', () => {
    const items = itemsOf([
      { role: 'assistant', id: 'msg_x', content: 'a' },
      call('c'),
      output('c'),
      { type: 'reasoning' },
    ]);
    expect(items.map(({ item }) => item.id)).toEqual(['msg_x', `fc_${KEY}0000`, `fco_${KEY}0001`, `rs_${KEY}0002`]);
    expect(items.map(({ path }) => path)).toEqual(['input[0]', 'input[1]', 'input[2]', 'input[3]']);
  });

  it.each<[string, object, string | undefined]>([
    ['a reference', { type: 'item_reference', id: 'a' }, 'a'],
    ['a reference without a type', { id: 'a' }, 'a'],
    ['a reference with a type of null', { type: null, id: 'a' }, 'a'],
    ['a message', { role: 'user', content: 'x', id: 'a' }, undefined],
    ['a call', { ...call('c'), id: 'a' }, undefined],
  ])('tell that %s is what it is', (_, item, id) => {
    expect(referenceOf(item as ResponseInputItem)).toBe(id);
  });

  it.each<[string, unknown[], string | undefined]>([
    ['a call with its output', [call('a'), output('a')], undefined],
    ['two calls at once', [call('a'), call('b'), output('b'), output('a')], undefined],
    ['an output before its call', [output('a'), call('a')], 'input[0].call_id'],
    ['an output of another call', [call('a'), output('a'), output('b')], 'input[2].call_id'],
    ['a call without its output', [call('a'), { role: 'user', content: 'x' }], 'input'],
  ])('are checked: %s', (_, input, param) => {
    let error: unknown;
    try {
      checkCalls(itemsOf(input));
    } catch (thrown) {
      error = thrown;
    }
    expect(error instanceof ApiError ? error.param : undefined).toBe(param);
  });
});

describe('the chat behind a response', () => {
  it('has the instructions first, as a system message', () => {
    const { chat, paths } = chatOf({
      instructions: 'be short',
      input: [
        { role: 'developer', content: 'd' },
        { role: 'user', content: 'u' },
      ],
    });
    expect(chat.messages).toEqual([
      { role: 'system', content: 'be short' },
      { role: 'developer', content: 'd' },
      { role: 'user', content: 'u' },
    ]);
    expect(paths).toEqual(['instructions', 'input[0]', 'input[1]']);
  });

  it('puts what a model did in one go into one message', () => {
    const { chat } = chatOf({
      input: [
        { role: 'user', content: 'u' },
        { type: 'reasoning', id: 'r', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'I ask.' }] },
        call('a'),
        call('b'),
        output('a'),
        output('b', [
          { type: 'input_text', text: '4' },
          { type: 'input_text', text: '2' },
        ]),
        { type: 'reasoning', id: 's', summary: [{ type: 'summary_text', text: 'so' }] },
        call('c'),
        output('c'),
        { role: 'assistant', content: 'one' },
        { role: 'assistant', content: 'two' },
        { id: 'msg_stored' },
      ],
    });
    const called = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    expect(chat.messages).toEqual([
      { role: 'user', content: 'u' },
      { role: 'assistant', content: 'I ask.', reasoning_content: 'hm', tool_calls: [called('a'), called('b')] },
      { role: 'tool', tool_call_id: 'a', content: '4' },
      { role: 'tool', tool_call_id: 'b', content: '42' },
      { role: 'assistant', content: '', reasoning_content: 'so', tool_calls: [called('c')] },
      { role: 'tool', tool_call_id: 'c', content: '4' },
      { role: 'assistant', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'assistant', content: 'stored' },
    ]);
  });

  it('keeps parts in their places', () => {
    const url = 'data:image/png;base64,AAAA';
    const { chat } = chatOf({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'x' },
            { type: 'input_image', image_url: url },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'a' },
            { type: 'refusal', refusal: 'no' },
          ],
        },
      ],
    });
    expect(chat.messages.map(({ content }) => content)).toEqual([
      [
        { type: 'text', text: 'x' },
        { type: 'image_url', image_url: { url, detail: 'auto' } },
      ],
      [
        { type: 'text', text: 'a' },
        { type: 'refusal', refusal: 'no' },
      ],
    ]);
  });

  it.each<[string, object, object]>([
    ['the limit', { max_output_tokens: 5 }, { max_completion_tokens: 5 }],
    ['the effort', { reasoning: { effort: 'low', summary: 'auto' } }, { reasoning_effort: 'low' }],
    [
      'a schema',
      { text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } } },
      {
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      },
    ],
    ['JSON', { text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    ['plain text', { text: { format: { type: 'text' } } }, {}],
    [
      'tools',
      { tools: [TOOL], tool_choice: 'auto', parallel_tool_calls: false },
      {
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: false,
      },
    ],
    [
      'a chosen tool',
      { tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'function', name: 'f' } },
      {
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
      },
    ],
    [
      'allowed tools',
      {
        tools: [
          { type: 'function', name: 'f' },
          { type: 'function', name: 'g' },
        ],
        tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] },
      },
      { tools: [{ type: 'function', function: { name: 'g' } }], tool_choice: 'required' },
    ],
    [
      'likelihoods',
      { include: ['message.output_text.logprobs'], top_logprobs: 2 },
      { logprobs: true, top_logprobs: 2 },
    ],
    ['a stream', { stream: true, stream_options: {} }, { stream: true, stream_options: { include_usage: true } }],
    [
      'what runtimes know',
      { temperature: 0, top_k: 5, options: { num_ctx: 1 }, another: 1, user: 'u' },
      { temperature: 0, top_k: 5, options: { num_ctx: 1 }, another: 1, user: 'u' },
    ],
    [
      'nothing that is for the gateway alone',
      { store: true, metadata: { a: 'b' }, truncation: 'disabled', service_tier: 'auto', background: false, n: 1 },
      {},
    ],
  ])('carries over %s', (_, fields, expected) => {
    const { model, messages, ...rest } = chatOf(fields).chat;
    expect([model, messages]).toEqual(['m', [{ role: 'user', content: 'hi' }]]);
    expect(rest).toEqual(expected);
  });
});
