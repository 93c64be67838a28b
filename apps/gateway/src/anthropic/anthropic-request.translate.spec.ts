import { describe, expect, it } from '@jest/globals';
import {
  parseAnthropicMessagesRequest,
  toChatCompletionRequest,
  type AnthropicMessagesRequest,
  type ChatCompletionRequest,
} from '@local-llm-agent/contracts';
import { showsThinking, toChatRequest, toCountedChat } from './anthropic-request.translate.js';

const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } };
const SCHEMA = { type: 'object', properties: { a: { type: 'number' } } };
const USE = { type: 'tool_use', id: 't1', name: 'add', input: { a: 1 } };

function requestOf(fields: object): AnthropicMessagesRequest {
  const least = { model: 'm', max_tokens: 10_000, messages: [{ role: 'user', content: 'hi' }] };
  return parseAnthropicMessagesRequest(Buffer.from(JSON.stringify({ ...least, ...fields })));
}

/** The canonical chat, which must pass the engine's own check. */
function translated(fields: object): ChatCompletionRequest {
  const plain = JSON.parse(JSON.stringify(toChatRequest(requestOf(fields)))) as Record<string, unknown>;
  return toChatCompletionRequest(plain);
}

describe('the messages of Anthropic as those of a chat', () => {
  it('begin with the system, blocks as paragraphs', () => {
    const system = [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ];
    expect(translated({ system }).messages).toEqual([
      { role: 'system', content: 'One.\n\nTwo.' },
      { role: 'user', content: 'hi' },
    ]);
    expect(translated({ system: '' }).messages).toHaveLength(1);
  });

  it('begin alike in all conversations of Claude Code, without what it tells the accounting of Anthropic', () => {
    const system = [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.ae6; cc_entrypoint=cli;' },
      { type: 'text', text: 'You write code.', cache_control: { type: 'ephemeral' } },
    ];
    expect(translated({ system }).messages[0]).toEqual({ role: 'system', content: 'You write code.' });
  });

  it('have results of tools before what the user says with them', () => {
    const messages = [
      { role: 'user', content: 'add' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'I should add.', signature: 'x' },
          { type: 'redacted_thinking', data: 'secret' },
          { type: 'text', text: 'Adding.' },
          USE,
          { ...USE, id: 't2' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: '2' },
          {
            type: 'tool_result',
            tool_use_id: 't2',
            is_error: true,
            content: [{ type: 'text', text: 'too large' }, PNG],
          },
          { type: 'text', text: 'Go on.' },
        ],
      },
    ];
    const calls = ['t1', 't2'].map((id) => ({ id, type: 'function', function: { name: 'add', arguments: '{"a":1}' } }));
    expect(translated({ messages }).messages).toEqual([
      { role: 'user', content: 'add' },
      { role: 'assistant', content: 'Adding.', tool_calls: calls, reasoning_content: 'I should add.' },
      { role: 'tool', tool_call_id: 't1', content: '2' },
      { role: 'tool', tool_call_id: 't2', content: 'The tool failed.\n\ntoo large' },
      { role: 'user', content: [{ type: 'text', text: 'Go on.' }, IMAGE] },
    ]);
  });

  it('have documents as text in tags', () => {
    const content = [
      { type: 'document', title: 'a "b"', context: 'from X', source: { type: 'text', data: 'line' } },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'one' }, PNG] } },
      { type: 'text', text: 'What is this?' },
    ];
    const text =
      '<document title="a \\"b\\"">\nfrom X\nline\n</document>\n\n<document>\none\n</document>\n\nWhat is this?';
    expect(translated({ messages: [{ role: 'user', content }] }).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text }, IMAGE] },
    ]);
  });

  it('join turns of one role, as Anthropic does', () => {
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'user', content: [{ type: 'text', text: 'two' }] },
      { role: 'assistant', content: 'three' },
      { role: 'assistant', content: 'four' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'five' },
    ];
    expect(translated({ messages }).messages).toEqual([
      { role: 'user', content: 'one\n\ntwo' },
      { role: 'assistant', content: 'three\n\nfour' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'five' },
    ]);
  });
});

describe('the parameters of Anthropic as those of a chat', () => {
  it('are carried over where they are alike', () => {
    const fields = { temperature: 0, top_p: 0.5, top_k: 7, stop_sequences: ['x'], metadata: { user_id: 'u' } };
    expect(translated(fields)).toMatchObject({ max_tokens: 10_000, temperature: 0, top_p: 0.5, top_k: 7, stop: ['x'] });
    expect(translated({})).toEqual({
      model: 'm',
      max_tokens: 10_000,
      messages: [{ role: 'user', content: 'hi' }],
      reasoning_effort: 'none',
    });
  });

  it('ask a stream for usage at both ends', () => {
    expect(translated({ stream: true })).toMatchObject({
      stream: true,
      stream_options: { include_usage: true, include_prompt_usage: true },
    });
  });

  it.each<[object, object]>([
    [{}, {}],
    [{ tool_choice: { type: 'auto' } }, { tool_choice: 'auto' }],
    [{ tool_choice: { type: 'any' } }, { tool_choice: 'required' }],
    [{ tool_choice: { type: 'none' } }, { tool_choice: 'none' }],
    [
      { tool_choice: { type: 'tool', name: 'add', disable_parallel_tool_use: true } },
      { tool_choice: { type: 'function', function: { name: 'add' } }, parallel_tool_calls: false },
    ],
  ])('choose tools by %j', (fields, choice) => {
    const tools = [{ name: 'add', description: 'Adds', input_schema: SCHEMA, strict: true }];
    const { tools: given, tool_choice, parallel_tool_calls } = translated({ tools, ...fields });
    expect(given).toEqual([
      { type: 'function', function: { name: 'add', description: 'Adds', parameters: SCHEMA, strict: true } },
    ]);
    expect(JSON.parse(JSON.stringify({ tool_choice, parallel_tool_calls }))).toEqual(choice);
  });

  it.each<[string | undefined, boolean, object]>([
    ['none', false, {}],
    ['none', false, { thinking: { type: 'disabled' }, output_config: { effort: 'high' } }],
    ['low', true, { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['medium', true, { thinking: { type: 'enabled', budget_tokens: 4096 } }],
    ['high', true, { max_tokens: 20_000, thinking: { type: 'enabled', budget_tokens: 16_384 } }],
    [undefined, true, { thinking: { type: 'adaptive' } }],
    [undefined, false, { thinking: { type: 'adaptive', display: 'omitted' } }],
    ['xhigh', true, { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }],
    ['low', false, { output_config: { effort: 'low' } }],
  ])('mean the effort %s, shown: %s, by %j', (effort, shown, fields) => {
    expect(translated(fields).reasoning_effort).toBe(effort);
    expect(showsThinking(requestOf(fields))).toBe(shown);
  });

  it.each(['output_config', 'output_format'])('give the answer the form of %s', (name) => {
    const format = { type: 'json_schema', schema: SCHEMA };
    expect(translated({ [name]: name === 'output_config' ? { format } : format }).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: SCHEMA },
    });
  });

  it('are left out of a count', () => {
    expect(toCountedChat(requestOf({ temperature: 0, stream: true, system: 'x' }))).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'x' },
        { role: 'user', content: 'hi' },
      ],
      reasoning_effort: 'none',
    });
  });
});
