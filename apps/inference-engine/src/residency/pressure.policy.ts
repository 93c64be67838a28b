import { poolOf, type MemoryPool, type ModelKey, type Resident } from '../scheduler/scheduler.types.js';

/** A resident as far as the choice needs it. */
export type IdleCandidate = Pick<Resident, 'demand' | 'bytes' | 'phase' | 'slotsInUse' | 'lastUsedAt'>;

/** What is in a pool that is short of memory. */
export interface ShortPool {
  readonly pool: MemoryPool;
  /** The models of all pools. */
  readonly residents: readonly IdleCandidate[];
  readonly pinned: ReadonlySet<ModelKey>;
}

/**
 * Models that go when their pool is short of memory: those that nobody uses, unused for longest first, until they give
 * enough. Pinned ones stay.
 */
export function chooseForRelief({ pool, residents, pinned }: ShortPool, shortBytes: number): readonly ModelKey[] {
  const idle = residents
    .filter(({ demand, phase, slotsInUse, bytes }) => {
      return poolOf(demand) === pool && phase === 'ready' && slotsInUse === 0 && bytes > 0 && !pinned.has(demand.key);
    })
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
