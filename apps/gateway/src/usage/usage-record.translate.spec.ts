import { describe, expect, it } from '@jest/globals';
import { backendUnavailable, rateLimited } from '@local-llm-agent/contracts';
import { toUsageRecord, type RequestEnd, type RequestFacts } from './usage-record.translate.js';

const FACTS: RequestFacts = {
  id: 'req-1',
  method: 'POST',
  path: '/v1/chat/completions',
  startedAt: 1000,
  caller: 'k1',
  tier: 'small',
  model: 'gemma3',
  promptTokens: 7,
  completionTokens: 3,
};
const END: RequestEnd = { endedAt: 5_000_000, status: 200, seconds: 1.2345, answered: true };

describe('the record of a request', () => {
  it('has what is known of it', () => {
    const facts = { ...FACTS, streaming: true, firstTokenAt: 1250.4, queueMs: 40 };
    expect(toUsageRecord(facts, END)).toEqual({
      endedAt: 5_000_000,
      requestId: 'req-1',
      caller: 'k1',
      model: 'gemma3',
      tier: 'small',
      endpoint: '/v1/chat/completions',
      streamed: true,
      status: 200,
      outcome: 'ok',
      promptTokens: 7,
      completionTokens: 3,
      estimated: false,
      cached: false,
      queueMs: 40,
      firstTokenMs: 250,
      durationMs: 1235,
    });
  });

  it('names the model that was asked for where none answered', () => {
    const { model: _none, ...facts } = FACTS;
    expect(toUsageRecord({ ...facts, askedModel: 'qwen3' }, END)).toMatchObject({ model: 'qwen3' });
    expect(toUsageRecord(facts, END)).toMatchObject({ model: undefined });
  });

  it('has the code of an error, which cost nothing before anything was written', () => {
    const { promptTokens: _p, completionTokens: _c, ...facts } = FACTS;
    const refused = { ...facts, error: rateLimited('later', 1) };
    expect(toUsageRecord(refused, { ...END, status: 429 })).toMatchObject({
      outcome: 'rate_limited',
      status: 429,
      promptTokens: 0,
      completionTokens: 0,
      estimated: false,
    });
    const failed = { ...refused, promptEstimate: 20, error: backendUnavailable('gone') };
    expect(toUsageRecord(failed, END)).toMatchObject({ promptTokens: 0, estimated: false });
  });

  it('has an estimate where the client left, or the answer broke off', () => {
    const { promptTokens: _p, completionTokens: _c, ...facts } = FACTS;
    const broken = { ...facts, promptEstimate: 20, seenTokens: 5 };
    expect(toUsageRecord(broken, { ...END, answered: false })).toMatchObject({
      outcome: 'client_left',
      promptTokens: 20,
      completionTokens: 5,
      estimated: true,
    });
    expect(toUsageRecord({ ...broken, error: backendUnavailable('gone') }, END)).toMatchObject({
      outcome: 'backend_unavailable',
      completionTokens: 5,
      estimated: true,
    });
  });

  it('has the mark of an answer that was not made for it, and no tokens', () => {
    const { promptTokens: _p, completionTokens: _c, ...facts } = FACTS;
    const hit = { ...facts, promptEstimate: 20, seenTokens: 3, cached: true };
    const none = { promptTokens: 0, completionTokens: 0, estimated: false };
    expect(toUsageRecord(hit, END)).toMatchObject({ cached: true, ...none });
    expect(toUsageRecord(hit, { ...END, answered: false })).toMatchObject({
      outcome: 'client_left',
      cached: true,
      ...none,
    });
    expect(toUsageRecord({ ...hit, cached: false }, END)).toMatchObject({ cached: false, estimated: true });
  });

  it('has no such mark where tokens were paid for after all, nor where there was no answer', () => {
    expect(toUsageRecord({ ...FACTS, cached: true }, END)).toMatchObject({ cached: false, promptTokens: 7 });
    const { promptTokens: _p, completionTokens: _c, ...facts } = FACTS;
    const failed = { ...facts, cached: true, error: backendUnavailable('gone') };
    expect(toUsageRecord(failed, END)).toMatchObject({ cached: false, promptTokens: 0 });
  });

  it('is not made for who is not known, nor for what asks no model', () => {
    const { caller: _caller, ...nobody } = FACTS;
    expect(toUsageRecord(nobody, END)).toBeUndefined();
    expect(toUsageRecord({ ...FACTS, path: '/admin/keys' }, END)).toMatchObject({ endpoint: '/mcp' });
    const { tier: _tier, ...refused } = FACTS;
    expect(toUsageRecord({ ...refused, path: '/admin/keys' }, END)).toBeUndefined();
  });
});
