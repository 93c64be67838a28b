import type { RunningModel } from '@local-llm-agent/contracts';
import type { Resident } from '../scheduler/scheduler.types.js';

/** What the scheduler knows of a model that a runtime says it holds. */
export interface Holding {
  /** The loads of it: one for each purpose on some runtimes. */
  readonly held: readonly Resident[];
  readonly pinned: boolean;
  /** Time of the scheduler's clock, ms, and the Unix time, ms, at that moment. */
  readonly now: number;
  readonly unixMs: number;
}

/**
 * The model with the time at which it leaves memory if nobody asks for it: told where every load of it has such a time,
 * and as the runtime says, far away, where one stays until its memory is needed.
 */
export function withExpiry(model: RunningModel, { held, pinned, now, unixMs }: Holding): RunningModel {
  const ends = held.map(({ demand, slotsInUse, lastUsedAt }) =>
    demand.ttlMs === undefined ? Infinity : (slotsInUse > 0 ? now : lastUsedAt) + demand.ttlMs,
  );
  const last = Math.max(...ends);
  if (pinned || !Number.isFinite(last)) return model;
  return { ...model, expires_at: new Date(unixMs + last - now).toISOString() };
}
