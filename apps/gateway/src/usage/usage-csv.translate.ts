import type { UsageGroup, UsageReport, UsageRow } from '@local-llm-agent/contracts';

const GROUP_COLUMNS: Readonly<Record<UsageGroup, readonly (keyof UsageRow)[]>> = {
  day: ['day'],
  key: ['key', 'keyName'],
  model: ['model'],
  tier: ['tier'],
  endpoint: ['endpoint'],
};
const SUM_COLUMNS: readonly (keyof UsageRow)[] = [
  'requests',
  'failed',
  'clientLeft',
  'cached',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'meanQueueMs',
  'meanFirstTokenMs',
  'meanDurationMs',
];

/**
 * What makes a program for tables take a cell for a formula, also behind blanks and in the wide letters of East Asia
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
const FORMULA = /^[\s\0]*[=+\-@\t\r\n|%\uFF1D\uFF0B\uFF0D\uFF20]/u;

/** One cell: texts in quotes, and with an apostrophe before what would be a formula; nothing for null. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** The rows of a report as CSV (RFC 4180) with a line of names, without the total. */
export function toCsv({ groupBy, data }: Pick<UsageReport, 'groupBy' | 'data'>): string {
  const columns = [...groupBy.flatMap((group) => GROUP_COLUMNS[group]), ...SUM_COLUMNS];
  const lines = data.map((row) => columns.map((column) => csvCell(row[column])).join(','));
  return [columns.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
