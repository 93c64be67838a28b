import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from '@jest/globals';
import { backendUnavailable, reworded, type ChatCompletionChunk, type ChatDelta } from '@local-llm-agent/contracts';
import { collectSse } from '@local-llm-agent/testing';
import { AnthropicAnswer } from './anthropic.translator.js';

type Terms = ConstructorParameters<typeof AnthropicAnswer>[0];
type Choice = ChatCompletionChunk['choices'][number];

const HEAD = { id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'm' } as const;
const usage = (prompt: number, completion: number): ChatCompletionChunk['usage'] => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});
const chunk = (delta: ChatDelta, end: Partial<Choice> = {}): ChatCompletionChunk => ({
  ...HEAD,
  choices: [{ index: 0, delta, finish_reason: null, ...end }],
});
const FIRST: ChatCompletionChunk = { ...chunk({ role: 'assistant', content: '' }), usage: usage(9, 0) };

function answerWith(terms: Partial<Terms>): AnthropicAnswer {
  return new AnthropicAnswer({
    requestId: 'r',
    withThinking: false,
    promptTokens: 4,
    toError: (error) => error,
    ...terms,
  });
}

async function eventsOf(answer: AnthropicAnswer, chunks: readonly ChatCompletionChunk[]): Promise<unknown[]> {
  const text = chunks.map((item) => answer.chunk(item)).join('') + answer.end();
  return (await collectSse([text])).map(({ event, data }) => {
    const parsed = JSON.parse(data) as Anthropic.RawMessageStreamEvent;
    expect(event).toBe(parsed.type);
    return parsed;
  });
}

describe('a stream in the dialect of Anthropic', () => {
  it('has each block begun and ended, one after the other', async () => {
    const events = await eventsOf(answerWith({ withThinking: true }), [
      FIRST,
      chunk({ reasoning_content: 'hmm' }),
      chunk({ content: 'Now' }),
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"x":1}' } }] }),
      chunk({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] }),
      chunk({ content: 'and then' }),
      chunk({}, { finish_reason: 'tool_calls' }),
      { ...HEAD, choices: [], usage: usage(9, 5) },
    ]);
    const tool = { type: 'tool_use', input: {}, caller: { type: 'direct' } };
    expect(events).toEqual([
      { type: 'message_start', message: expect.objectContaining({ id: 'msg_7', content: [], stop_reason: null }) },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hmm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'unsigned' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Now' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { ...tool, id: 'a', name: 'f' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"x":1}' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'content_block_start', index: 3, content_block: { ...tool, id: 'b', name: 'g' } },
      { type: 'content_block_stop', index: 3 },
      { type: 'content_block_start', index: 4, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 4, delta: { type: 'text_delta', text: 'and then' } },
      { type: 'content_block_stop', index: 4 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null, container: null, stop_details: null },
        usage: expect.objectContaining({ input_tokens: 9, output_tokens: 5 }),
      },
      { type: 'message_stop' },
    ]);
  });

  it('tells the tokens of the prompt at once, and corrects them at the end', async () => {
    const events = await eventsOf(answerWith({}), [
      FIRST,
      chunk({}, { finish_reason: 'length' }),
      { ...HEAD, choices: [], usage: usage(10, 4) },
    ]);
    expect(events).toMatchObject([
      { message: { usage: { input_tokens: 9, output_tokens: 0 } } },
      { delta: { stop_reason: 'max_tokens' }, usage: { input_tokens: 10, output_tokens: 4 } },
      { type: 'message_stop' },
    ]);
  });

  it('begins with an estimate where the engine does not tell the tokens of the prompt', async () => {
    const [start] = await eventsOf(answerWith({}), [chunk({ role: 'assistant', content: '' })]);
    expect(start).toMatchObject({ message: { usage: { input_tokens: 4 } } });
  });

  it('ends with an error in the words of the API, with the id of the request', async () => {
    const toError: Terms['toError'] = (error) => reworded(error, { message: 'Away.', param: 'model' });
    const [error] = await collectSse([answerWith({ requestId: 'req-1', toError }).error(backendUnavailable('Gone.'))]);
    expect(error?.event).toBe('error');
    expect(JSON.parse(error?.data ?? '')).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'Away.' },
      request_id: 'req-1',
    });
  });
});
