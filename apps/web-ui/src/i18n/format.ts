const GIBIBYTE = 2 ** 30;
const MEBIBYTE = 2 ** 20;
const KIBIBYTE = 2 ** 10;

/** Making one takes longer than a thousand uses of it. */
const numberFormats = new Map<string, Intl.NumberFormat>();

function numberFormat(language: string, digits: number): Intl.NumberFormat {
  const name = `${language} ${digits}`;
  const known = numberFormats.get(name) ?? new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  numberFormats.set(name, known);
  return known;
}

function inUnit(bytes: number): readonly [number, 'GiB' | 'MiB' | 'KiB'] {
  if (bytes >= GIBIBYTE) return [bytes / GIBIBYTE, 'GiB'];
  // Nothing is nothing of what is usually counted.
  return bytes >= MEBIBYTE || bytes === 0 ? [bytes / MEBIBYTE, 'MiB'] : [bytes / KIBIBYTE, 'KiB'];
}

/** A size as people say it, in GiB, MiB or KiB. */
export function formatBytes(bytes: number, language: string): string {
  const [value, unit] = inUnit(bytes);
  const digits = value >= 100 || unit !== 'GiB' ? 0 : 1;
  return `${numberFormat(language, digits).format(value)} ${unit}`;
}

/** A duration as people say it: `240 ms`, `1.4 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number, language: string): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    const digits = seconds < 10 ? 1 : 0;
    return `${numberFormat(language, digits).format(seconds)} s`;
  }
  const whole = Math.round(seconds);
  if (whole % 60 === 0 && whole < 3600) return `${whole / 60} min`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A number with the separators of the language. */
export function formatNumber(value: number, language: string, digits = 0): string {
  return numberFormat(language, digits).format(value);
}

const MINUTE_MS = 60_000;
/** Units of an age, the largest first, and how many minutes each has. */
const AGE_UNITS = [
  ['year', 525_600],
  ['month', 43_800],
  ['day', 1440],
  ['hour', 60],
  ['minute', 1],
] as const;

/** How long ago something was, as people say it: `this minute`, `5 minutes ago`, `3 months ago`. */
export function formatAge(milliseconds: number, language: string): string {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE_MS));
  const [unit, size] = AGE_UNITS.find(([, least]) => minutes >= least) ?? ['minute', 1];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-Math.floor(minutes / size), unit);
}
