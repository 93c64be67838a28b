import type { ModelKey, Resident } from '../scheduler/scheduler.types.js';

/** A resident as far as the choice needs it. */
export interface IdleCandidate extends Pick<Resident, 'demand' | 'bytes' | 'phase' | 'slotsInUse' | 'lastUsedAt'> {
  readonly pinned?: boolean;
}

/**
 * Models that go when their pool is short of memory: those that nobody uses, unused for longest first, until they give
 * enough. Pinned ones stay.
 */
export function chooseForRelief(residents: readonly IdleCandidate[], shortBytes: number): readonly ModelKey[] {
  const idle = residents
    .filter(
      ({ phase, slotsInUse, pinned, bytes }) => phase === 'ready' && slotsInUse === 0 && pinned !== true && bytes > 0,
    )
    .sort((left, right) => left.lastUsedAt - right.lastUsedAt);
  const chosen: ModelKey[] = [];
  let given = 0;
  for (const { demand, bytes } of idle) {
    if (given >= shortBytes) break;
    chosen.push(demand.key);
    given += bytes;
  }
  return chosen;
}
