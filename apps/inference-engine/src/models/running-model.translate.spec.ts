import { describe, expect, it } from '@jest/globals';
import type { RunningModel } from '@local-llm-agent/contracts';
import type { Resident } from '../scheduler/scheduler.types.js';
import { withExpiry } from './running-model.translate.js';

const details = {
  parent_model: '',
  format: 'gguf',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
};
const sizes = { size: 1, digest: '', size_vram: 0, context_length: 1 };
const MODEL: RunningModel = { name: 'a', model: 'a', details, ...sizes, expires_at: '2318-01-01T00:00:00Z' };
const FAR = MODEL.expires_at;
const CLOCK = { now: 50_000, unixMs: Date.UTC(2026, 0, 1) };

function residentOf(ttlMs: number | undefined, lastUsedAt: number, slotsInUse = 0): Resident {
  const demand = {
    key: 'ollama/a',
    needBytes: 1,
    slots: 1,
    contextLength: 1,
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
  return { demand, bytes: 1, phase: 'ready', since: 0, slotsInUse, lastUsedAt, grants: 1 };
}

describe('when a model in memory leaves', () => {
  it.each([
    ['is so long after its last request', [residentOf(60_000, 40_000)], false, '2026-01-01T00:00:50.000Z'],
    ['is counted from now while it works', [residentOf(60_000, 40_000, 1)], false, '2026-01-01T00:01:00.000Z'],
    [
      'is what the last of its loads says',
      [residentOf(60_000, 1), residentOf(60_000, 45_000)],
      false,
      '2026-01-01T00:00:55.000Z',
    ],
    ['is far away without a ttl', [residentOf(undefined, 1), residentOf(60_000, 1)], false, FAR],
    ['is far away while it is pinned', [residentOf(60_000, 40_000)], true, FAR],
    ['is what the runtime says of one that was loaded by others', [], false, FAR],
  ] as const)('%s', (_says, held, pinned, expected) => {
    expect(withExpiry(MODEL, { held, pinned, ...CLOCK })).toEqual({ ...MODEL, expires_at: expected });
  });
});
