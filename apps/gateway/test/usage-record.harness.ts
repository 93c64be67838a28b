import type { UsageRecord } from '../src/usage/usage.types.js';

/** A request that was answered well; the fields are laid over it. */
export function recordOf(fields: Partial<UsageRecord> = {}): UsageRecord {
  return {
    endedAt: Date.UTC(2026, 2, 15, 12),
    requestId: 'r',
    caller: 'k1',
    model: 'gemma3',
    tier: 'small',
    endpoint: '/v1/chat/completions',
    streamed: false,
    status: 200,
    outcome: 'ok',
    promptTokens: 7,
    completionTokens: 3,
    estimated: false,
    cached: false,
    queueMs: 4,
    firstTokenMs: undefined,
    durationMs: 100,
    ...fields,
  };
}
