import type { EngineTimeline, ModelTimeline } from '@local-llm-agent/contracts';
import type { ResidencyLane } from '../scheduler/residency-history.state.js';
import type { ModelName } from './status.translate.js';

/** All that the timeline is made from. */
export interface TimelineFacts {
  /** Unix time, ms. */
  readonly now: number;
  readonly startedAt: number;
  readonly keptMs: number;
  readonly lanes: readonly ResidencyLane[];
  readonly nameOf: (key: string) => ModelName;
  /** Unix time, ms, of a time of the scheduler's clock. */
  readonly unixOf: (at: number) => number;
}

const iso = (unixMs: number): string => new Date(unixMs).toISOString();

function toModel({ key, pool, segments }: ResidencyLane, { nameOf, unixOf }: TimelineFacts): ModelTimeline {
  return {
    ...nameOf(key),
    pool,
    segments: segments.map(({ id, state, from, to, bytes }) => ({
      id,
      state,
      from: iso(unixOf(from)),
      to: to === undefined ? null : iso(unixOf(to)),
      bytes,
    })),
  };
}

/** What the models in memory did, as operators see it. */
export function toTimeline(facts: TimelineFacts): EngineTimeline {
  const { now, startedAt, keptMs, lanes } = facts;
  return {
    time: iso(now),
    startedAt: iso(startedAt),
    from: iso(Math.max(startedAt, now - keptMs)),
    models: lanes.map((lane) => toModel(lane, facts)),
  };
}
