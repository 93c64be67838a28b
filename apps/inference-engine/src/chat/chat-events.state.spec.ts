import { describe, expect, it } from '@jest/globals';
import type { AnswerEvent } from '../runtime/runtime.contract.js';
import { ForcedToolCall, TaggedAnswer, type TextTags } from './chat-events.state.js';

const USAGE = { promptTokens: 1, completionTokens: 1 };
const FINISH = { type: 'finish', reason: 'stop', usage: USAGE } as const;
const ALL: TextTags = { thinking: true, toolCalls: true, parallel: true };

/** What becomes of a text that comes in pieces of this length. */
function read(text: string, length: number, wanted: TextTags = ALL, reason: 'stop' | 'length' = 'stop'): AnswerEvent[] {
  let id = 0;
  const reader = new TaggedAnswer(wanted, () => `call_${++id}`);
  const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'gu')) ?? [];
  const events = pieces.flatMap((piece) => reader.read([{ type: 'text', text: piece }]));
  return [...events, ...reader.read([{ ...FINISH, reason }])];
}

/** Neighbouring texts joined, so that the pieces they came in do not matter. */
function joined(events: readonly AnswerEvent[]): unknown[] {
  const result: [string, unknown][] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.type === 'text' || event.type === 'reasoning') {
      if (last?.[0] === event.type) last[1] = `${String(last[1])}${event.text}`;
      else result.push([event.type, event.text]);
    } else result.push([event.type, event.type === 'finish' ? event.reason : event.call]);
  }
  return result;
}

const call = (number: number, name = 'add', text = '{"a":1}'): unknown[] => [
  'toolCall',
  { id: `call_${number}`, name, arguments: text },
];

describe.each([1, 2, 3, 7, 1000])('tags in an answer that comes in pieces of %i', (length) => {
  it.each<[string, string, unknown[]]>([
    ['plain text', 'a < b <thin', [['text', 'a < b <thin']]],
    [
      'thoughts',
      '<think>\nhm</think>\n\nyes',
      [
        ['reasoning', '\nhm'],
        ['text', 'yes'],
      ],
    ],
    ['thoughts that were cut off', '<think>hm', [['reasoning', 'hm']]],
    ['empty thoughts', '<think></think>yes', [['text', 'yes']]],
    [
      'a text with a call',
      'I add.<tool_call>\n{"name":"add","arguments":{"a":1}}\n</tool_call>',
      [['text', 'I add.'], call(1)],
    ],
    [
      'two calls',
      '<tool_call>{"name":"add","arguments":{"a":1}}</tool_call>\n<tool_call>{"name":"b","arguments":"{}"}</tool_call>',
      [call(1), call(2, 'b', '{}')],
    ],
    ['a call whose end is missing', '<tool_call>{"name":"add","arguments":{"a":1}}', [call(1)]],
    ['a broken call', '<tool_call>{"name":</tool_call> x', [['text', '<tool_call>{"name":</tool_call> x']]],
    ['a call that is cut off', 'x<tool_call>{"na', [['text', 'x<tool_call>{"na']]],
    ['a call without a name', '<tool_call>{"a":1}</tool_call>', [['text', '<tool_call>{"a":1}</tool_call>']]],
    [
      'thoughts, then a call',
      '<think>t</think><tool_call>{"name":"add","arguments":{"a":1}}</tool_call>',
      [['reasoning', 't'], call(1)],
    ],
  ])('finds %s', (_, text, expected) => {
    const reason = JSON.stringify(expected).includes('toolCall') ? 'tool_calls' : 'stop';
    expect(joined(read(text, length))).toEqual([...expected, ['finish', reason]]);
  });

  it('keeps one call where one is allowed, and nothing after it', () => {
    const text = '<tool_call>{"name":"add","arguments":{"a":1}}</tool_call><tool_call>{"name":"b"}</tool_call> done';
    expect(joined(read(text, length, { ...ALL, parallel: false }))).toEqual([call(1), ['finish', 'tool_calls']]);
  });

  it('leaves tags alone that nobody looks for', () => {
    expect(joined(read('<think>a</think>', length, { ...ALL, thinking: false }))).toEqual([
      ['text', '<think>a</think>'],
      ['finish', 'stop'],
    ]);
  });
});

describe('an answer that was cut off', () => {
  it('says so, even after a call', () => {
    const text = '<tool_call>{"name":"add","arguments":{"a":1}}</tool_call> and';
    expect(joined(read(text, 5, ALL, 'length')).at(-1)).toEqual(['finish', 'length']);
  });
});

describe('log-probabilities in an answer with tags', () => {
  it('stay with the text they belong to', () => {
    const reader = new TaggedAnswer(ALL, () => 'call_1');
    const of = (token: string): AnswerEvent => ({
      type: 'text',
      text: token,
      logprobs: [{ token, logprob: -1, bytes: null, top_logprobs: [] }],
    });
    const [first, second] = [...reader.read([of('a<')]), ...reader.read([of('b')])];
    // The sign may begin a tag and waits; the token that it is a part of has left with the text before it.
    expect(first).toEqual({ ...of('a<'), text: 'a' });
    expect(second).toEqual({ ...of('b'), text: '<b' });
  });
});

describe('an answer that must be a call', () => {
  it('becomes one event', () => {
    const reader = new ForcedToolCall(() => 'call_1');
    const events = [
      ...reader.read([{ type: 'text', text: '{"name": "add", "argu' }]),
      ...reader.read([{ type: 'text', text: 'ments": {"a":1}}' }, FINISH]),
    ];
    expect(joined(events)).toEqual([call(1), ['finish', 'tool_calls']]);
  });

  it('is none when it was cut off', () => {
    const reader = new ForcedToolCall(() => 'call_1');
    expect(
      joined(
        reader.read([
          { type: 'text', text: '{"name": "a' },
          { ...FINISH, reason: 'length' },
        ]),
      ),
    ).toEqual([['finish', 'length']]);
  });
});
