const LONG = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

/** By language: making one takes longer than a thousand uses of it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** A time of day with seconds. */
export function formatMoment(time: number | string, language: string): string {
  const format = formats.get(language) ?? new Intl.DateTimeFormat(language, LONG);
  formats.set(language, format);
  return format.format(new Date(time));
}
