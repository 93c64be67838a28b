import { describe, expect, it } from '@jest/globals';
import { parseChatCompletionRequest } from '@local-llm-agent/contracts';
import type { ChatInput, ModelCapabilities } from '../runtime/runtime.contract.js';
import { toChatPlan, type ChatPlan } from './chat-call.translate.js';

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

const PLAIN: ModelCapabilities = {
  generation: true,
  embedding: true,
  vision: false,
  infill: false,
  tools: 'none',
  thinking: 'none',
};
const ADD = {
  type: 'function',
  function: {
    name: 'add',
    description: 'Adds',
    parameters: { type: 'object', properties: { a: { $ref: '#/$defs/n' } }, $defs: { n: { type: 'number' } } },
  },
};
const NOW = { type: 'function', function: { name: 'now' } };
const IMAGE = 'data:image/png;base64,aGk=';

function plan(fields: object, capabilities: Partial<ModelCapabilities> = {}, defaults = {}): ChatPlan {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields };
  return toChatPlan(
    parseChatCompletionRequest(Buffer.from(JSON.stringify(body))),
    { defaults, capabilities: { ...PLAIN, ...capabilities } },
    () => 'call_1',
  );
}

function input(chat: ChatPlan): ChatInput {
  const [call] = chat.calls;
  if (call?.input.type !== 'chat') throw new Error('no chat');
  return call.input;
}

describe('what a model is told before anything of the client', () => {
  const messagesFor = (system: string | undefined, messages: object[]): ChatInput['messages'] => {
    const body = Buffer.from(JSON.stringify({ model: 'm', messages }));
    return input(toChatPlan(parseChatCompletionRequest(body), { defaults: {}, system, capabilities: PLAIN }, () => ''))
      .messages;
  };
  const user = { role: 'user', content: 'hi' };

  it('is a system message of its own where the client has none', () => {
    expect(messagesFor('Be kind.', [user])).toEqual([{ role: 'system', content: 'Be kind.' }, user]);
    expect(messagesFor(undefined, [user])).toEqual([user]);
  });

  it.each(['system', 'developer'])('goes before what the %s message says, in one message with it', (role) => {
    expect(messagesFor('Be kind.', [{ role, content: 'Be brief.' }, user])).toEqual([
      { role: 'system', content: 'Be kind.\n\nBe brief.' },
      user,
    ]);
  });

  it('does not join a system message that comes later', () => {
    const later = { role: 'system', content: 'Be brief.' };
    expect(messagesFor('Be kind.', [user, later])).toEqual([{ role: 'system', content: 'Be kind.' }, user, later]);
  });
});

describe('a chat request on its way to the runtime', () => {
  it('gets the defaults of the API', () => {
    expect(plan({}).calls).toEqual([
      {
        input: {
          type: 'chat',
          messages: [{ role: 'user', content: 'hi' }],
          tools: [],
          effort: undefined,
          templateOptions: {},
        },
        sampling: expect.objectContaining({ temperature: 0.7, topP: 0.9, seed: undefined }) as unknown,
        maxTokens: 512,
        stop: [],
        tellStop: false,
        unknownFields: {},
        format: { type: 'text' },
        logprobs: undefined,
        stream: false,
      },
    ]);
  });

  it('prefers the request over its options, those over the model, and the model over the API', () => {
    const fields = { temperature: 0, options: { temperature: 1, top_p: 0.5, num_predict: 7, stop: 'x' } };
    expect(plan(fields, {}, { topP: 0.1, maxTokens: 9 }).calls[0]).toMatchObject({
      sampling: { temperature: 0, topP: 0.5 },
      maxTokens: 7,
      stop: ['x'],
    });
    expect(plan({}, {}, { topP: 0.1, maxTokens: 9 }).calls[0]).toMatchObject({ sampling: { topP: 0.1 }, maxTokens: 9 });
  });

  it('leaves an answer without a bound to the model, and then to the context', () => {
    const open = { options: { num_predict: -1 } };
    expect(plan(open, {}, { maxTokens: 9 }).calls[0]?.maxTokens).toBe(9);
    expect(plan(open).calls[0]?.maxTokens).toBe(2 ** 31 - 1);
    expect(plan({ max_tokens: 20 }, {}, { maxTokens: 9 }).calls[0]?.maxTokens).toBe(20);
  });

  it('turns developer into system, joins text parts and keeps images for models that see', () => {
    const messages = [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'c' },
          { type: 'image_url', image_url: { url: IMAGE } },
        ],
      },
    ];
    expect(input(plan({ messages }, { vision: true })).messages).toEqual([
      { role: 'system', content: 'ab' },
      { role: 'user', content: 'c', images: ['aGk='] },
    ]);
  });

  it('refuses an image for a model that does not see, and says which', () => {
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'c' },
          { type: 'image_url', image_url: { url: IMAGE } },
        ],
      },
    ];
    expect(refusal(() => plan({ messages }))).toMatchObject({ status: 400, param: 'messages[1].content[1]' });
  });

  it('gives each of n answers a seed of its own', () => {
    expect(plan({ n: 3, seed: 5 }).calls.map((call) => call.sampling.seed)).toEqual([5, 6, 7]);
    expect(plan({ n: 2 }).calls.map((call) => call.sampling.seed)).toEqual([undefined, undefined]);
  });

  it.each<[string, object, object]>([
    ['log-probabilities', { logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    ['log-probabilities of the chosen tokens only', { logprobs: true }, { logprobs: 0 }],
    ['JSON', { response_format: { type: 'json_object' } }, { format: { type: 'json' } }],
    [
      'a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } },
      { format: { type: 'schema', schema: { type: 'object' }, path: 'response_format.json_schema.schema' } },
    ],
    ['an effort', { reasoning_effort: 'high' }, { input: { effort: 'high' } }],
    ['options of the template', { chat_template_kwargs: { a: 1 } }, { input: { templateOptions: { a: 1 } } }],
  ])('asks for %s', (_, fields, expected) => {
    expect(plan(fields).calls[0]).toMatchObject(expected);
  });
});

describe('tools on their way to a model', () => {
  const tools = [ADD, NOW];

  it('go to a runtime that takes them', () => {
    const { messages, tools: given } = input(plan({ tools }, { tools: 'native' }));
    expect(messages).toEqual([{ role: 'user', content: 'hi' }]);
    expect(given).toEqual([
      { name: 'add', description: 'Adds', parameters: ADD.function.parameters },
      { name: 'now', description: undefined, parameters: { type: 'object', properties: {} } },
    ]);
  });

  it('are told in the prompt where it does not', () => {
    const { messages, tools: given } = input(plan({ tools }));
    expect(given).toEqual([]);
    expect(messages[0]?.role).toBe('system');
    expect(messages[0]?.content).toContain('"name":"add"');
    expect(messages[0]?.content).toContain('<tool_call>');
    expect(messages[1]).toEqual({ role: 'user', content: 'hi' });
  });

  it('are left out when the choice is none', () => {
    const chat = plan({ tools, tool_choice: 'none' });
    expect(input(chat).messages).toHaveLength(1);
    expect(chat.reader).toBeUndefined();
  });

  it('constrain the answer when one is required', () => {
    const chat = plan({ tools, tool_choice: 'required' }, { tools: 'native' });
    expect(input(chat).tools).toEqual([]);
    expect(chat.calls[0]?.format).toMatchObject({
      type: 'schema',
      schema: {
        anyOf: [
          { properties: { name: { const: 'add' }, arguments: { $ref: '#/$defs/tool0' } } },
          { properties: { name: { const: 'now' } } },
        ],
        $defs: {
          tool0: { properties: { a: { $ref: '#/$defs/tool0/$defs/n' } }, $defs: { n: { type: 'number' } } },
        },
      },
    });
  });

  it('are only the chosen one when it is named', () => {
    const chat = plan({ tools, tool_choice: { type: 'function', function: { name: 'now' } } });
    expect(chat.calls[0]?.format).toMatchObject({ schema: { properties: { name: { const: 'now' } } } });
    expect(input(chat).messages[0]?.content).not.toContain('"name":"add"');
  });

  it.each<[string, string]>([
    ['tools.anyOf[0].properties.arguments.properties.a.pattern', 'tools[0].function.parameters.properties.a.pattern'],
    ['tools.anyOf[1].properties.arguments.not', 'tools[1].function.parameters.not'],
    ['tools.$defs.tool0.$defs.n.maximum', 'tools[0].function.parameters.$defs.n.maximum'],
    ['logit_bias.5', 'logit_bias.5'],
  ])('are blamed where they stand in the request: %s', (param, expected) => {
    expect(plan({ tools, tool_choice: 'required' }).place(param)).toBe(expected);
  });

  it('are blamed at their own place when one is named', () => {
    const chat = plan({ tools, tool_choice: { type: 'function', function: { name: 'now' } } });
    expect(chat.place('tools.properties.arguments.not')).toBe('tools[1].function.parameters.not');
  });

  it('cannot be required together with another form of the answer', () => {
    expect(
      refusal(() => plan({ tools, tool_choice: 'required', response_format: { type: 'json_object' } })),
    ).toMatchObject({ status: 400, param: 'response_format' });
  });
});

describe('earlier calls of tools', () => {
  const messages = [
    { role: 'user', content: 'what is 1 and 2?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
        { id: 'c2', type: 'function', function: { name: 'now', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: '3' },
    { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'noon' }] },
  ];

  it('stay what they are for a runtime that knows them', () => {
    expect(input(plan({ messages }, { tools: 'text' })).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'c1', name: 'add', arguments: '{"a":1}' },
          { id: 'c2', name: 'now', arguments: '' },
        ],
      },
      { role: 'tool', content: '3', toolCallId: 'c1', toolName: 'add' },
      { role: 'tool', content: 'noon', toolCallId: 'c2', toolName: 'now' },
    ]);
  });

  it('become text for one that does not, results in one turn', () => {
    expect(input(plan({ messages })).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content:
          '<tool_call>{"name": "add", "arguments": {"a":1}}</tool_call>\n<tool_call>{"name": "now", "arguments": {}}</tool_call>',
      },
      {
        role: 'user',
        content:
          '<tool_response>\nResult of add:\n3\n</tool_response>\n<tool_response>\nResult of now:\nnoon\n</tool_response>',
      },
    ]);
  });
});
