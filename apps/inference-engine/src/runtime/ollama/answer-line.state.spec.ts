import { describe, expect, it } from '@jest/globals';
import type { AnswerEvent } from '../runtime.contract.js';
import { AnswerLines, type LineTerms } from './answer-line.state.js';

const TERMS: LineTerms = { from: 'chat', logprobs: false, stream: true, nextId: () => 'call_ours' };

function read(
  lines: readonly string[],
  terms: Partial<LineTerms> = {},
): { events: AnswerEvent[]; fault: unknown; lines: AnswerLines } {
  const events: AnswerEvent[] = [];
  const reader = new AnswerLines({ ...TERMS, ...terms });
  let fault: unknown;
  for (const line of lines) fault ??= reader.read(line, events);
  return { events, fault, lines: reader };
}

function toolCall(id: string | undefined, args: object = { a: 1 }): object {
  return { ...(id === undefined ? {} : { id }), function: { index: 0, name: 'f', arguments: args } };
}

describe('AnswerLines', () => {
  const end = '"done":true,"done_reason":"stop","prompt_eval_count":16,"eval_count":3}';
  const finish: AnswerEvent = { type: 'finish', reason: 'stop', usage: { promptTokens: 16, completionTokens: 3 } };

  it.each<[string, string, AnswerEvent[]]>([
    ['a token', '{"message":{"role":"assistant","content":"Hi"},"done":false}', [{ type: 'text', text: 'Hi' }]],
    ['an empty token', '{"message":{"role":"assistant","content":""},"done":false}', []],
    [
      'a thought',
      '{"message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}',
      [{ type: 'reasoning', text: 'Hm' }],
    ],
    [
      'a thought and what comes after it',
      '{"message":{"role":"assistant","content":"So","thinking":"Hm"},"done":false}',
      [
        { type: 'reasoning', text: 'Hm' },
        { type: 'text', text: 'So' },
      ],
    ],
    ['the end', `{"message":{"content":""},${end}`, [finish]],
    [
      'the end at the limit',
      `{"message":{"content":""},${end.replace('stop', 'length')}`,
      [{ ...finish, reason: 'length' }],
    ],
    ['a whole answer', `{"message":{"content":"Hi"},${end}`, [{ type: 'text', text: 'Hi' }, finish]],
    [
      'counts of zero, which Ollama leaves out',
      '{"message":{"content":""},"done":true,"done_reason":"stop"}',
      [{ type: 'finish', reason: 'stop', usage: { promptTokens: 0, completionTokens: 0 } }],
    ],
  ])('reads %s', (_name, line, expected) => {
    expect(read([line])).toMatchObject({ events: expected, fault: undefined });
  });

  it.each([
    'Hi',
    ' ',
    '',
    'ä€😀',
    'a"b',
    'a\\nb',
    '\n',
    '"},"done":false}',
    '"message":{"role":"assistant","content":"',
    '\u2028',
    '<&>',
  ])('reads a token line of Ollama just as a JSON parser does: %j', (content) => {
    const expected = content === '' ? [] : [{ type: 'text', text: content }];
    const head = { model: content, created_at: '2026-01-02T03:04:05.678901234Z' };
    const chat = JSON.stringify({ ...head, message: { role: 'assistant', content }, done: false });
    const generate = JSON.stringify({ ...head, response: content, done: false });
    // Go writes some characters as escapes where JavaScript does not.
    for (const line of [chat, chat.replaceAll('<', '\\u003c')]) expect(read([line]).events).toEqual(expected);
    expect(read([generate], { from: 'generate' }).events).toEqual(expected);
  });

  it('reads tool calls, gives ids where Ollama gives none, and ends with tool_calls', () => {
    const calls = JSON.stringify([toolCall('call_theirs'), toolCall(undefined, { b: { c: [1] } })]);
    const { events } = read([
      `{"message":{"role":"assistant","content":"","tool_calls":${calls}},"done":false}`,
      `{"message":{"role":"assistant","content":""},${end}`,
    ]);
    expect(events).toEqual([
      { type: 'toolCall', call: { id: 'call_theirs', name: 'f', arguments: '{"a":1}' } },
      { type: 'toolCall', call: { id: 'call_ours', name: 'f', arguments: '{"b":{"c":[1]}}' } },
      { ...finish, reason: 'tool_calls' },
    ]);
  });

  it('says length where an answer with a call was cut off', () => {
    const calls = JSON.stringify([toolCall('c')]);
    const { events } = read([`{"message":{"content":"","tool_calls":${calls}},${end.replace('stop', 'length')}`]);
    expect(events.at(-1)).toMatchObject({ reason: 'length' });
  });

  it('holds tokens back until the text comes that they are made of', () => {
    const token = (text: string): string =>
      JSON.stringify({ token: text, logprob: -0.5, bytes: [...Buffer.from(text)] });
    const line = (content: string, tokens: readonly string[]): string =>
      `{"message":{"role":"assistant","content":${JSON.stringify(content)}},"done":false,"logprobs":[${tokens.map(token).join()}]}`;
    const { events } = read([line('', ['<to']), line('<to ld', [' ld']), line('', ['x']), line('y', ['y'])], {
      logprobs: true,
    });
    expect(events.map((event) => (event.type === 'text' ? event.logprobs?.map((one) => one.token) : []))).toEqual([
      ['<to', ' ld'],
      ['y'],
    ]);
  });

  it('finds out that an answer was broken off for repetition', () => {
    const line = (content: string): string => JSON.stringify({ message: { role: 'assistant', content }, done: false });
    expect(read(Array.from({ length: 31 }, () => line(' ha'))).lines.looped).toBe(true);
    expect(read(Array.from({ length: 31 }, (_, index) => line(index % 2 ? '\n' : '  '))).lines.looped).toBe(true);
    expect(read(Array.from({ length: 20 }, () => line(' ha'))).lines.looped).toBe(false);
    expect(read([line(`So: ${' ha'.repeat(31)}`)], { stream: false }).lines.looped).toBe(true);
    expect(read([line('So it was.')], { stream: false }).lines.looped).toBe(false);
    expect(read([]).lines.looped).toBe(false);
  });

  it.each([
    ['an error', '{"error":"boom"}', { kind: 'failed', text: 'boom' }],
    ['a load', '{"message":{"content":""},"done":true,"done_reason":"load"}', { kind: 'noAnswer', reason: 'load' }],
    [
      'an unload',
      '{"message":{"content":""},"done":true,"done_reason":"unload"}',
      { kind: 'noAnswer', reason: 'unload' },
    ],
    ['what is not JSON', '<html>', { kind: 'garbage', sample: '<html>' }],
    ['a list', '[]', { kind: 'garbage' }],
    ['null', 'null', { kind: 'garbage' }],
    ['an object of another protocol', '{"choices":[]}', { kind: 'garbage' }],
    ['content that is no text', '{"message":{"content":7},"done":false}', { kind: 'garbage' }],
    ['a call without a name', '{"message":{"content":"","tool_calls":[{}]},"done":false}', { kind: 'garbage' }],
  ])('finds the fault in %s', (_name, line, expected) => {
    expect(read([line])).toMatchObject({ events: [], fault: { type: 'fault', ...expected } });
  });
});
