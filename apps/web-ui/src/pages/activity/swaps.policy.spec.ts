import { describe, expect, it } from '@jest/globals';
import type { DecisionStatus } from '@local-llm-agent/contracts';
import { swapsIn } from './swaps.policy';

const START = Date.UTC(2026, 0, 20, 10, 0, 0);

function decision(what: DecisionStatus['what'], second: number): DecisionStatus {
  const time = new Date(START + second * 1000).toISOString();
  return { time, what, model: 'a', runtime: 'ollama', count: 1, reason: 'because', cause: { code: 'unwanted' } };
}

describe('changes of models', () => {
  it('are the loads and unloads of the time shown; a refusal changes nothing', () => {
    const decisions = [decision('load', 90), decision('unload', 80), decision('refuse', 70), decision('load', 10)];
    expect(swapsIn(decisions, START + 60_000)).toEqual({ loads: 1, unloads: 1 });
    expect(swapsIn(decisions, START)).toEqual({ loads: 2, unloads: 1 });
  });
});
