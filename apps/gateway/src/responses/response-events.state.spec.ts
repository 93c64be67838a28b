import { describe, expect, it } from '@jest/globals';
import {
  backendUnavailable,
  type ChatCompletionChunk,
  type ResponseEvent,
  type ResponseRequest,
} from '@local-llm-agent/contracts';
import { callChunks, deltaChunk, endChunks } from '@local-llm-agent/testing';
import { ResponseState } from './response-events.state.js';
import { ResponseIds } from './response-ids.state.js';
import { toResponseHead } from './response-object.translate.js';

const KEY = '0123456789abcdef0123456789abcdef';
const REQUEST = { model: 'auto', input: 'hi' } as ResponseRequest;

function newState(): ResponseState {
  const ids = new ResponseIds(KEY);
  const head = toResponseHead(REQUEST, { id: ids.response, createdAt: 100 });
  return new ResponseState(
    head,
    (prefix) => ids.next(prefix),
    (name) => ({ name }),
  );
}

function run(chunks: readonly ChatCompletionChunk[]): { events: ResponseEvent[]; state: ResponseState } {
  const state = newState();
  const events = chunks.flatMap((chunk) => state.chunk(chunk));
  state.complete(101);
  return { events: [...events, ...state.end()], state };
}

const types = (events: readonly ResponseEvent[]): string[] => events.map(({ type }) => type.replace('response.', ''));

describe('the events of a response', () => {
  it('are those of a text in their order, numbered from 0', () => {
    const { events, state } = run([
      deltaChunk({ role: 'assistant', content: '' }),
      deltaChunk({ content: 'Hel' }),
      deltaChunk({ content: 'lo' }),
      ...endChunks(),
    ]);
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(state.ended).toMatchObject({
      status: 'completed',
      model: 'gemma3',
      completed_at: 101,
      output: [{ type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'Hello' }] }],
      usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
    });
  });

  it('put thoughts, text and calls into items of their own', () => {
    const { events, state } = run([
      deltaChunk({ reasoning_content: 'hm' }),
      deltaChunk({ content: 'I ask.' }),
      ...callChunks(0, 'call_a', 'f', '{"x":1}'),
      ...callChunks(1, 'call_b', 'g', '{}'),
      ...endChunks('tool_calls'),
    ]);
    expect(types(events).filter((type) => type.startsWith('output_item'))).toEqual(
      Array.from({ length: 4 }, () => ['output_item.added', 'output_item.done']).flat(),
    );
    expect(types(events).slice(2, 8)).toEqual([
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
    ]);
    expect(state.ended?.output).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'message', content: [{ text: 'I ask.' }] },
      { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{"x":1}', status: 'completed' },
      { type: 'function_call', call_id: 'call_b', name: 'g', arguments: '{}' },
    ]);
    const places = events.flatMap((event) => ('output_index' in event ? [event.output_index] : []));
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(new Set(state.ended?.output.map(({ id }) => id)).size).toBe(4);
  });

  it('carry the likelihoods with each delta and with the whole text', () => {
    const token = { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1, bytes: null }] };
    const { events, state } = run([deltaChunk({ content: 'a' }, [token]), ...endChunks()]);
    const given = { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1, bytes: [] }] };
    expect(events.find(({ type }) => type === 'response.output_text.delta')).toMatchObject({ logprobs: [given] });
    expect(events.find(({ type }) => type === 'response.output_text.done')).toMatchObject({ logprobs: [given] });
    expect(state.ended?.output).toMatchObject([{ content: [{ logprobs: [given] }] }]);
  });

  it('end as incomplete when the tokens ran out, and so does the open item', () => {
    const { events, state } = run([deltaChunk({ content: 'Hel' }), ...endChunks('length')]);
    expect(events.at(-1)?.type).toBe('response.incomplete');
    expect(state.ended).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
    expect(state.ended).not.toHaveProperty('completed_at');
  });

  it('have an empty message when the model said nothing', () => {
    const { state } = run([deltaChunk({ reasoning_content: 'hm' }), ...endChunks()]);
    expect(state.ended?.output).toMatchObject([{ type: 'reasoning' }, { type: 'message', content: [{ text: '' }] }]);
  });

  it('keep what was there of an answer that failed', () => {
    const state = newState();
    state.chunk(deltaChunk({ content: 'Hel' }));
    const events = state.fail(backendUnavailable('gone'));
    expect(types(events)).toEqual(['failed', 'error']);
    expect(state.ended).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: 'gone' },
      output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
    });
    expect(state.broken).toBe(true);
  });

  it('begin with response.created even when nothing but an error comes', () => {
    expect(types(newState().fail(backendUnavailable('gone')))).toEqual(['created', 'in_progress', 'failed', 'error']);
  });

  it('are not taken for complete when the chat ended without a reason', () => {
    const state = newState();
    state.chunk(deltaChunk({ content: 'Hel' }));
    expect(() => state.complete(1)).toThrow(/without saying why/);
    expect(state.broken).toBe(true);
    expect(state.cancel().status).toBe('cancelled');
  });
});
