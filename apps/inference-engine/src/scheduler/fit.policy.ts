import { poolOf, type AvailableBytes, type Flight, type MemoryPool, type Resident } from './scheduler.types.js';

/** Memory of one pool, in bytes, as far as a decision needs it. */
export interface Room {
  /** Can be given to a model now; while a change is under way, what there will be after it. */
  readonly free: number;
  /** Would be there if no model were in memory. */
  readonly total: number;
}

/** The memory of a pool, from one reading of what is available and the models that are in it. */
export function roomOf(
  pool: MemoryPool,
  available: AvailableBytes,
  residents: Iterable<Resident>,
  flight: Flight | undefined,
): Room {
  const reading = available(pool);
  let held = 0;
  let leaving = 0;
  for (const resident of residents) {
    if (poolOf(resident.demand) !== pool) continue;
    held += resident.bytes;
    if (resident.phase === 'unloading') leaving += resident.bytes;
  }
  if (flight?.type === 'loading' && poolOf(flight.demand) === pool) {
    const free = Math.min(reading, flight.roomLeft);
    return { free, total: free + held };
  }
  // What is leaving may be in the reading already: the total is too large at worst, so nothing is refused wrongly.
  return { free: reading + leaving, total: reading + held };
}

/** Whether the model fits beside all that is in memory. */
export function fitsNow(needBytes: number, room: Room): boolean {
  return needBytes <= room.free;
}

/** Whether the model would fit if it had the pool to itself. */
export function fitsAlone(needBytes: number, room: Room): boolean {
  return needBytes <= room.total;
}
