import { describe, expect, it } from '@jest/globals';
import type { ReasoningEffort } from '@local-llm-agent/contracts';
import type { ChatInput } from '../runtime.contract.js';
import { toTemplateInput } from './template-input.translate.js';

const chat = (more: Partial<ChatInput> = {}): ChatInput => ({
  type: 'chat',
  messages: [{ role: 'user', content: 'hi' }],
  tools: [],
  effort: undefined,
  templateOptions: {},
  ...more,
});

describe('toTemplateInput', () => {
  it('passes a plain chat as templates expect it', () => {
    expect(toTemplateInput(chat(), false)).toEqual({
      messages: [{ role: 'user', content: 'hi' }],
      tools: null,
      documents: null,
    });
  });

  it('passes tools, calls with their arguments as objects, results and thoughts in their OpenAI form', () => {
    const parameters = { type: 'object', properties: {} };
    const input = toTemplateInput(
      chat({
        tools: [{ name: 'f', description: 'does', parameters }],
        messages: [
          {
            role: 'assistant',
            content: '',
            reasoning: 'hm',
            toolCalls: [
              { id: '1', name: 'f', arguments: '{"a":1}' },
              { id: '2', name: 'f', arguments: 'broken {' },
              { id: '3', name: 'f', arguments: '' },
            ],
          },
          { role: 'tool', content: 'ok', toolCallId: '1', toolName: 'f' },
        ],
      }),
      false,
    );
    const call = (id: string, args: unknown): unknown => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: args },
    });
    expect(input['tools']).toEqual([{ type: 'function', function: { name: 'f', description: 'does', parameters } }]);
    expect(input['messages']).toEqual([
      {
        role: 'assistant',
        content: '',
        reasoning_content: 'hm',
        tool_calls: [call('1', { a: 1 }), call('2', 'broken {'), call('3', {})],
      },
      { role: 'tool', content: 'ok', tool_call_id: '1', name: 'f' },
    ]);
  });

  it.each<[ReasoningEffort | undefined, unknown]>([
    [undefined, {}],
    ['none', { enable_thinking: false }],
    ['minimal', { enable_thinking: false, reasoning_effort: 'low' }],
    ['low', { enable_thinking: true, reasoning_effort: 'low' }],
    ['high', { enable_thinking: true, reasoning_effort: 'high' }],
    ['xhigh', { enable_thinking: true, reasoning_effort: 'high' }],
  ])('tells the template of the effort %s', (effort, expected) => {
    const { enable_thinking, reasoning_effort } = toTemplateInput(chat({ effort }), false);
    expect(JSON.parse(JSON.stringify({ enable_thinking, reasoning_effort }))).toEqual(expected);
  });

  it('lets the options of the client win over the effort, but not over the chat', () => {
    const options = {
      enable_thinking: false,
      own: 1,
      messages: [],
      tools: [1],
      bos_token: 'x',
      add_generation_prompt: false,
    };
    expect(toTemplateInput(chat({ effort: 'high', templateOptions: options }), false)).toEqual({
      messages: [{ role: 'user', content: 'hi' }],
      tools: null,
      documents: null,
      reasoning_effort: 'high',
      enable_thinking: false,
      own: 1,
    });
  });

  it('switches thoughts off where the answer must be plain', () => {
    expect(toTemplateInput(chat({ effort: 'high' }), true)).toMatchObject({ enable_thinking: false });
  });
});
