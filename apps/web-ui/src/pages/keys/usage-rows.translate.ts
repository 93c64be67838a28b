import type { UsageRow } from '@local-llm-agent/contracts';
import { everyDay, type Days } from './usage-range.policy';

/** Bars that are drawn at most; the table has all. */
const MOST_BARS = 12;

/** What usage is grouped by here. */
export const GROUPS = ['day', 'key', 'model', 'tier'] as const;
/** One of {@link GROUPS}. */
export type Group = (typeof GROUPS)[number];

/** A bar of the chart. */
export interface UsageBar extends Record<string, unknown> {
  readonly label: string;
  readonly prompt: number;
  readonly completion: number;
}

/** What a row is about; empty for requests of which that is not known. */
export function labelOf(row: UsageRow, group: Group): string {
  if (group === 'key') return row.keyName ?? row.key ?? '';
  return row[group] ?? '';
}

/** A name for each row that no other row has: two keys may be called the same. */
export function rowId(row: UsageRow, group: Group): string {
  return group === 'key' ? (row.key ?? '') : labelOf(row, group);
}

/** Days in their order, all else by tokens, the most first. */
export function sortedRows(rows: readonly UsageRow[], group: Group): UsageRow[] {
  if (group === 'day') return [...rows].sort((a, b) => (a.day ?? '').localeCompare(b.day ?? ''));
  return [...rows].sort((a, b) => b.totalTokens - a.totalTokens || b.requests - a.requests);
}

/** The bars: of days also those without a request, of all else the largest. */
export function barsOf(rows: readonly UsageRow[], group: Group, days: Days, unknown: string): UsageBar[] {
  const bars = sortedRows(rows, group).map((row) => ({
    label: labelOf(row, group) || unknown,
    prompt: row.promptTokens,
    completion: row.completionTokens,
  }));
  if (group !== 'day') return bars.slice(0, MOST_BARS);
  const filled = everyDay(days);
  if (filled.length === 0) return bars;
  const known = new Map(bars.map((bar) => [bar.label, bar]));
  return filled.map((label) => known.get(label) ?? { label, prompt: 0, completion: 0 });
}
