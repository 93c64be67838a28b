import { describe, expect, it } from '@jest/globals';
import type { AnswerEvent } from '../runtime.contract.js';
import { cutAtStop } from './answer-cut.reader.js';

const USAGE = { promptTokens: 3, completionTokens: 9 };
const COUNTED = { promptTokens: 3, completionTokens: 2 };
const FINISH: AnswerEvent = { type: 'finish', reason: 'stop', usage: USAGE };
const text = (value: string): AnswerEvent => ({ type: 'text', text: value });

/** What becomes of these batches, and what was counted; `left` says whether the answer was left before its end. */
async function cut(
  batches: readonly (readonly AnswerEvent[])[],
): Promise<{ events: AnswerEvent[]; counted: string[]; left: boolean }> {
  const counted: string[] = [];
  let left = true;
  async function* answer(): AsyncGenerator<readonly AnswerEvent[]> {
    yield* batches;
    left = false;
    await Promise.resolve();
  }
  const events: AnswerEvent[] = [];
  const count = (written: string): Promise<typeof COUNTED> => {
    counted.push(written);
    return Promise.resolve(COUNTED);
  };
  for await (const batch of cutAtStop(answer(), { stops: ['END', 'stop'], count })) events.push(...batch);
  return { events, counted, left };
}

describe('an answer that is cut at its stop texts', () => {
  it('ends before the first, also one that spans pieces, tells which, and leaves the runtime', async () => {
    const { events, counted, left } = await cut([[text('one E')], [text('N')], [text('D two')], [FINISH]]);
    expect(events).toEqual([text('one '), { type: 'finish', reason: 'stop', stopText: 'END', usage: COUNTED }]);
    expect([counted, left]).toEqual([['one END two'], true]);
  });

  it('goes through whole when none comes, with what looked like one', async () => {
    const { events, counted } = await cut([[text('one E')], [text('N'), FINISH]]);
    expect(events).toEqual([text('one '), text('EN'), FINISH]);
    expect(counted).toEqual([]);
  });

  it('keeps thoughts, calls and log-probabilities', async () => {
    const logprob = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] };
    const call: AnswerEvent = { type: 'toolCall', call: { id: 'c', name: 'f', arguments: '{}' } };
    const thought: AnswerEvent = { type: 'reasoning', text: 'END' };
    const { events } = await cut([[thought, { type: 'text', text: 'a', logprobs: [logprob] }, call, FINISH]]);
    expect(events).toEqual([thought, { type: 'text', text: 'a', logprobs: [logprob] }, call, FINISH]);
  });
});
