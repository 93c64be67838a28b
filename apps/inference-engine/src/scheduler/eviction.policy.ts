import { poolOf, type MemoryPool, type Resident } from './scheduler.types.js';

const isIdle = (resident: Resident): boolean => resident.slotsInUse === 0;

/**
 * Idle models first, the one unused for longest at the head; then busy ones by their last grant. A busy model that is
 * chosen gets no more grants, so it stays chosen until it is idle, whatever the others do.
 */
function byEvictionOrder(a: Resident, b: Resident): number {
  if (isIdle(a) !== isIdle(b)) return isIdle(a) ? -1 : 1;
  return isIdle(a) ? a.lastUsedAt - b.lastUsedAt : a.lastGrantedAt - b.lastGrantedAt;
}

/** The models that have to go so that so many bytes more are free, or undefined when they cannot give as much. */
export function chooseVictims(shortage: number, candidates: readonly Resident[]): readonly Resident[] | undefined {
  const chosen: Resident[] = [];
  let missing = shortage;
  for (const resident of [...candidates].sort(byEvictionOrder)) {
    if (missing <= 0) break;
    chosen.push(resident);
    missing -= resident.bytes;
  }
  if (missing > 0) return undefined;
  return withoutNeedless(chosen, -missing);
}

/** Spares those whose memory is not needed once the later ones go, the most recently used first. */
function withoutNeedless(chosen: readonly Resident[], surplus: number): readonly Resident[] {
  let spare = surplus;
  return chosen
    .toReversed()
    .filter((resident) => {
      if (resident.bytes > spare) return true;
      spare -= resident.bytes;
      return false;
    })
    .reverse();
}

/** The models of a pool that could be unloaded: at once if idle, when their requests are done otherwise. */
export function evictable(pool: MemoryPool, residents: Iterable<Resident>): readonly Resident[] {
  return [...residents].filter((resident) => resident.phase === 'ready' && poolOf(resident.demand) === pool);
}

/** Those of them that could go at once. */
export function idleOnly(residents: readonly Resident[]): readonly Resident[] {
  return residents.filter(isIdle);
}
