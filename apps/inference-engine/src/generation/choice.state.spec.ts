import { describe, expect, it } from '@jest/globals';
import { ChoiceState, UsageState } from './choice.state.js';

const finish = (promptTokens: number, completionTokens: number, cachedTokens?: number) => ({
  type: 'finish' as const,
  reason: 'stop' as const,
  usage: { promptTokens, completionTokens, ...(cachedTokens === undefined ? {} : { cachedTokens }) },
});

describe('the events of a choice', () => {
  it('are put together', () => {
    const state = new ChoiceState();
    const logprob = { token: 'a', logprob: 0, bytes: null, top_logprobs: [] };
    const call = { id: 'c', name: 'f', arguments: '{}' };
    state.add([
      { type: 'reasoning', text: 'h' },
      { type: 'text', text: 'a', logprobs: [logprob] },
    ]);
    expect(state.choice).toBeUndefined();
    state.add([{ type: 'text', text: 'b' }, { type: 'toolCall', call }, finish(1, 1)]);
    expect(state.choice).toEqual({
      text: 'ab',
      reasoning: 'h',
      toolCalls: [call],
      logprobs: [logprob],
      reason: 'stop',
    });
  });
});

describe('the usage of several choices', () => {
  it('counts a prompt once that several answers share', () => {
    const state = new UsageState(2);
    state.add(0, finish(10, 1).usage);
    state.add(1, finish(10, 2).usage);
    state.add(2, finish(20, 4, 5).usage);
    state.add(3, finish(20, 8, 19).usage);
    expect(state.usage).toEqual({ promptTokens: 30, completionTokens: 15, cachedTokens: 5 });
  });

  it('says nothing of a cache that no runtime told of', () => {
    const state = new UsageState(1);
    state.add(0, finish(1, 1).usage);
    expect(state.usage).toEqual({ promptTokens: 1, completionTokens: 1 });
  });
});
