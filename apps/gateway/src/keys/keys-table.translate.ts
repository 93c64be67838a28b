import type { ApiKey } from '@local-llm-agent/contracts';

const COLUMNS = ['ID', 'NAME', 'ROLE', 'STATUS', 'MODELS', 'TIERS', 'LIMITS', 'EXPIRES', 'LAST USED'] as const;

/** What a terminal would take for a command or an order of writing; a key of before may have it in the name of a model. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function limitsOf(key: ApiKey): string {
  const limits = [
    [key.requestsPerMinute, 'requests/min'],
    [key.tokensPerMinute, 'tokens/min'],
    [key.concurrency, 'at once'],
    [key.tokensPerMonth, 'tokens/month'],
  ] as const;
  const set = limits.flatMap(([value, unit]) =>
    value === null ? [] : [`${value === 0 ? 'no limit of' : value} ${unit}`],
  );
  return set.join(', ') || '-';
}

function cellsOf(key: ApiKey): readonly string[] {
  return [
    key.id,
    key.name,
    key.role,
    key.status,
    key.models?.join(', ') ?? 'all',
    key.tiers?.join(', ') ?? 'all',
    limitsOf(key),
    key.expiresAt ?? 'never',
    key.lastUsedAt ?? 'never',
  ];
}

/** Keys as a table for a terminal. */
export function keysTable(keys: readonly ApiKey[]): string {
  if (keys.length === 0) return 'There are no keys: everybody who reaches the gateway may use it.';
  const rows = [COLUMNS, ...keys.map((key) => cellsOf(key).map(visible))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
