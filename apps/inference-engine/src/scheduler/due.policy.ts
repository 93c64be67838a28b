import type { Tier } from '@local-llm-agent/contracts';
import type { ModelQueue } from './model-queue.state.js';
import type { ModelDemand, Resident, TierTerms } from './scheduler.types.js';
import { TIERS } from './tier.policy.js';
import type { SchedulerTuning } from './tuning.types.js';

/** A model that is waited for and not in memory as it is needed. */
export interface Wish {
  /** With the largest context that is waited for. */
  readonly demand: ModelDemand;
  /** It is in memory, or on its way there, but with a smaller context. */
  readonly smaller: 'ready' | 'loading' | undefined;
  /** How many requests wait for it. */
  readonly count: number;
  /** Clock time, ms, since when it is waited for. */
  readonly since: number;
  /** Clock time, ms, from which others have to make room for it. */
  readonly dueAt: number;
  /** The tier whose bound that is. */
  readonly tier: Tier;
}

/**
 * What a queue wants that the resident does not give. Nothing, when the model is there, or on its way, with a context that
 * is large enough. Else the tier that passes its bound first says when it is due.
 */
export function wishOf(
  queue: ModelQueue,
  resident: Resident | undefined,
  tiers: Readonly<Record<Tier, TierTerms>>,
): Wish | undefined {
  const demand = queue.largest();
  const smaller = resident?.phase === 'unloading' ? undefined : resident?.phase;
  const served = resident && smaller ? resident.demand.contextLength : -1;
  if (!demand || demand.contextLength <= served) return undefined;
  let first: Pick<Wish, 'since' | 'dueAt' | 'tier'> | undefined;
  for (const tier of TIERS) {
    const since = smaller ? queue.waitsForMoreSince(tier, served) : queue.waitsSince(tier);
    if (since === undefined) continue;
    const dueAt = since + tiers[tier].maxWaitMs;
    if (!first || dueAt < first.dueAt) first = { since, dueAt, tier };
  }
  return first && { demand, smaller, count: queue.size - queue.fitting(served), ...first };
}

/**
 * When the turn of a model may be ended by others that are past their bound: after a time in proportion to its load, and
 * after a batch of requests, unless that takes very long.
 */
export function sliceEndsAt(resident: Resident, loadMs: number, tuning: SchedulerTuning): number {
  const { demand, grants, since } = resident;
  const slice = since + tuning.sliceLoads * loadMs;
  const batchDone = grants >= demand.slots * tuning.batchPerSlot;
  return batchDone ? slice : Math.max(slice, since + tuning.batchMs);
}
