import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatCompletionChunk } from '@local-llm-agent/contracts';
import { ChatEncoder } from './chat.encoder.js';

const HEAD = { id: 'chatcmpl-1', created: 5, model: 'm "quoted"' };
const USAGE = { promptTokens: 3, completionTokens: 2 };
const TIMINGS = { total_ms: 4, load_ms: 1, prompt_ms: 1, predicted_ms: 2 };
const FINISH = { type: 'finish', reason: 'stop', usage: USAGE } as const;
const CALL = { id: 'call_1', name: 'add', arguments: '{"a":1}' } as const;
const LOGPROB = { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] };

function events(bytes: string): (ChatCompletionChunk | '[DONE]')[] {
  return bytes
    .split('\n\n')
    .slice(0, -1)
    .map((line) => {
      const data = line.replace(/^data: /, '');
      return data === '[DONE]' ? data : (JSON.parse(data) as ChatCompletionChunk);
    });
}

function chunks(bytes: string): ChatCompletionChunk[] {
  return events(bytes).filter((event) => event !== '[DONE]');
}

describe('a streamed chat', () => {
  it('begins with the role, ends with the reason and [DONE]', () => {
    const encoder = new ChatEncoder(HEAD, false, false, false);
    const all = events(
      encoder.encode(0, [{ type: 'text', text: 'Hé "x"\n' }]) +
        encoder.encode(0, [{ type: 'text', text: 'b' }, FINISH]) +
        encoder.close(USAGE, TIMINGS),
    );
    expect(all.at(-1)).toBe('[DONE]');
    const list = all.slice(0, -1) as ChatCompletionChunk[];
    expect(list.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hé "x"\n' },
      { content: 'b' },
      {},
    ]);
    expect(list.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, null, 'stop']);
    expect(list[1]).toEqual({
      ...HEAD,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: 'Hé "x"\n' }, logprobs: null, finish_reason: null }],
    });
  });

  it('has one more chunk with the usage when asked, and null before', () => {
    const encoder = new ChatEncoder(HEAD, true, false, false);
    const list = chunks(encoder.encode(0, [FINISH]) + encoder.close(USAGE, TIMINGS));
    expect(list.map((chunk) => chunk.usage)).toEqual([
      null,
      null,
      { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ]);
    expect(list.at(-1)?.choices).toEqual([]);
  });

  it('tells where the time went beside the usage when asked', () => {
    const encoder = new ChatEncoder(HEAD, true, false, true);
    const list = chunks(encoder.encode(0, [FINISH]) + encoder.close(USAGE, TIMINGS));
    expect(list.map((chunk) => chunk.timings)).toEqual([undefined, undefined, TIMINGS]);
  });

  it('tells the tokens of the prompt in its first chunk when it was told them', () => {
    const encoder = new ChatEncoder(HEAD, true, false, false);
    encoder.prompt(3);
    const list = chunks(encoder.encode(0, [{ type: 'text', text: 'a' }, FINISH]) + encoder.close(USAGE, TIMINGS));
    expect(list.map((chunk) => chunk.usage?.prompt_tokens)).toEqual([3, undefined, undefined, 3]);
    expect(list[0]?.usage).toEqual({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 });
    expect(list[0]?.choices[0]?.delta.role).toBe('assistant');
  });

  it('tells the stop text that was met beside the reason, and nothing where none was', () => {
    const encoder = new ChatEncoder(HEAD, false, false, false);
    const list = chunks(encoder.encode(0, [{ ...FINISH, stopText: 'the "end"' }]));
    expect(list.at(-1)?.choices[0]).toMatchObject({ finish_reason: 'stop', stop_reason: 'the "end"' });
    const other = chunks(new ChatEncoder(HEAD, false, false, false).encode(0, [FINISH]));
    expect(other.at(-1)?.choices[0]).not.toHaveProperty('stop_reason');
  });

  it('gives each choice its index, its role and its end', () => {
    const encoder = new ChatEncoder(HEAD, false, false, false);
    const list = chunks(
      encoder.encode(0, [{ type: 'text', text: 'a' }, FINISH]) +
        encoder.encode(1, [{ type: 'text', text: 'b' }, FINISH]),
    );
    expect(list.map(({ choices: [choice] }) => [choice?.index, choice?.delta.role, choice?.finish_reason])).toEqual([
      [0, 'assistant', null],
      [0, undefined, null],
      [0, undefined, 'stop'],
      [1, 'assistant', null],
      [1, undefined, null],
      [1, undefined, 'stop'],
    ]);
  });

  it('sends a tool call as its name with an id, then its arguments', () => {
    const encoder = new ChatEncoder(HEAD, false, false, false);
    const other = { ...CALL, id: 'call_2' };
    const list = chunks(
      encoder.encode(0, [
        { type: 'toolCall', call: CALL },
        { type: 'toolCall', call: other },
      ]),
    );
    expect(list.slice(1).map((chunk) => chunk.choices[0]?.delta.tool_calls)).toEqual([
      [{ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }],
      [{ index: 0, function: { arguments: '{"a":1}' } }],
      [{ index: 1, id: 'call_2', type: 'function', function: { name: 'add', arguments: '' } }],
      [{ index: 1, function: { arguments: '{"a":1}' } }],
    ]);
  });

  it('keeps reasoning apart and sends log-probabilities with their text', () => {
    const list = chunks(
      new ChatEncoder(HEAD, false, true, false).encode(0, [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a', logprobs: [LOGPROB] },
      ]),
    );
    expect(list[1]?.choices[0]?.delta).toEqual({ reasoning_content: 'hm' });
    expect(list[2]?.choices[0]?.logprobs).toEqual({ content: [LOGPROB], refusal: null });
  });
});

describe('a plain chat', () => {
  const whole = (choice: object, withLogprobs = false): ChatCompletion =>
    JSON.parse(
      new ChatEncoder(HEAD, false, withLogprobs, false).whole(
        [{ text: 'text', reasoning: '', toolCalls: [], logprobs: [], reason: 'length', ...choice }],
        USAGE,
        TIMINGS,
      ),
    ) as ChatCompletion;

  it('has the shape of OpenAI', () => {
    expect(whole({})).toEqual({
      ...HEAD,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'text', refusal: null },
          logprobs: null,
          finish_reason: 'length',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('has no content when it only calls tools', () => {
    expect(whole({ text: '', toolCalls: [CALL], reason: 'tool_calls' }).choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
    });
  });

  it('has reasoning and log-probabilities in their own fields', () => {
    const [choice] = whole({ reasoning: 'hm', logprobs: [LOGPROB] }, true).choices;
    expect(choice?.message).toMatchObject({ content: 'text', reasoning_content: 'hm' });
    expect(choice?.logprobs).toEqual({ content: [LOGPROB], refusal: null });
  });
});
