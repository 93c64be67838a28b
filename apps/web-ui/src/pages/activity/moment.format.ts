const LONG = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

/** A time of day with seconds. */
export function formatMoment(time: number | string, language: string): string {
  return new Intl.DateTimeFormat(language, LONG).format(new Date(time));
}
