import type { Resident } from './scheduler.types.js';

/** A model in memory that could be asked to go. */
export interface Occupant {
  readonly resident: Resident;
  /** Requests run on it. */
  readonly running: boolean;
  /** Requests wait for it that can be served as it is. */
  readonly wanted: boolean;
  /** It takes no more requests already, because it was chosen to go. */
  readonly closed: boolean;
  readonly pinned: boolean;
  /** Clock time, ms, from which it may be made to go although it is busy. */
  readonly sliceEndsAt: number;
  /** Clock time, ms, until which it is kept for callers who are about to ask again. */
  readonly keptUntil: number;
  readonly loadMs: number;
}

/** What its memory is worth: the time to load it again, for each byte and the time since it was last used. */
function worth({ resident, loadMs }: Occupant, now: number): number {
  return loadMs / Math.max(1, resident.bytes) / Math.max(1, now - resident.lastUsedAt);
}

/** Those that are on their way out already, then the idle ones, then those nobody waits for; each by worth. */
function rank(occupant: Occupant): number {
  if (occupant.closed) return 0;
  if (occupant.wanted) return 3;
  return occupant.running ? 2 : 1;
}

/**
 * The models that have to go so that so many bytes more are free, least worth first, or undefined when they cannot give
 * as much. Once chosen and closed a model stays chosen, so what was begun is finished.
 */
export function chooseVictims(
  shortage: number,
  candidates: readonly Occupant[],
  now: number,
): readonly Occupant[] | undefined {
  const chosen: Occupant[] = [];
  let missing = shortage;
  for (const occupant of [...candidates].sort((a, b) => rank(a) - rank(b) || worth(a, now) - worth(b, now))) {
    if (missing <= 0) break;
    chosen.push(occupant);
    missing -= occupant.resident.bytes;
  }
  if (missing > 0) return undefined;
  return withoutNeedless(chosen, -missing);
}

/** Spares those whose memory is not needed once the later ones go, the most worthy first. */
function withoutNeedless(chosen: readonly Occupant[], surplus: number): readonly Occupant[] {
  let spare = surplus;
  return chosen
    .toReversed()
    .filter(({ resident }) => {
      if (resident.bytes > spare) return true;
      spare -= resident.bytes;
      return false;
    })
    .reverse();
}
