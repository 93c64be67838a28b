const DAY_MS = 86_400_000;
/** More days than these are drawn only where there is something to see. */
const MOST_FILLED_DAYS = 400;

/** Which days, as people say it. */
export const RANGES = ['today', 'week', 'days30', 'month', 'own'] as const;
/** One of {@link RANGES}. */
export type Range = (typeof RANGES)[number];

/** Days in UTC, both of them counted. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** The day of a moment in UTC. */
function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** The days that are meant; `own` is not known here and means those of the last 30. */
export function daysOf(range: Range, now: number): Days {
  const to = dayOf(now);
  switch (range) {
    case 'today':
      return { from: to, to };
    case 'week':
      return { from: dayOf(now - 6 * DAY_MS), to };
    case 'month':
      return { from: `${to.slice(0, 8)}01`, to };
    case 'days30':
    case 'own':
      return { from: dayOf(now - 29 * DAY_MS), to };
  }
}

/** Whether both are days and in order, so that they can be asked for. */
export function areDays({ from, to }: Days): boolean {
  return from !== '' && to !== '' && from <= to;
}

/** Every day from the first to the last; none where that would be too many to draw. */
export function everyDay({ from, to }: Days): string[] {
  const first = Date.parse(from);
  const count = Math.round((Date.parse(to) - first) / DAY_MS) + 1;
  if (!(count > 0 && count <= MOST_FILLED_DAYS)) return [];
  return Array.from({ length: count }, (_, index) => dayOf(first + index * DAY_MS));
}
