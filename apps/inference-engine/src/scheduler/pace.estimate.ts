/** Weight of the newest interval in the mean. */
const NEWEST = 0.2;
const LONGEST_SECONDS = 60;

/** How fast requests finish while others wait. */
export interface Pace {
  readonly lastFinishedAt: number | undefined;
  readonly meanIntervalMs: number | undefined;
}

/** Nothing is known yet. */
export const NO_PACE: Pace = { lastFinishedAt: undefined, meanIntervalMs: undefined };

/** A request finished. Time in which nobody waited says nothing about how fast the queue moves. */
export function finished(pace: Pace, now: number, othersWait: boolean): Pace {
  if (!othersWait) return { ...pace, lastFinishedAt: undefined };
  if (pace.lastFinishedAt === undefined) return { ...pace, lastFinishedAt: now };
  const interval = Math.max(0, now - pace.lastFinishedAt);
  const mean = pace.meanIntervalMs;
  return { lastFinishedAt: now, meanIntervalMs: mean === undefined ? interval : mean + NEWEST * (interval - mean) };
}

/** Whole seconds until a place in a full queue is free again, as far as the recent pace tells. */
export function retryAfterSeconds(pace: Pace): number {
  return Math.min(LONGEST_SECONDS, Math.max(1, Math.ceil((pace.meanIntervalMs ?? 0) / 1000)));
}
