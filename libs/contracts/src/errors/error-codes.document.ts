import { ERROR_CODES } from './error-codes.js';

/** The table of docs/errors.md, produced from the one table of codes. */
export function errorTable(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, type, meaning }]) => `| ${status} | \`${code}\` | \`${type}\` | ${meaning} |`,
  );
  return ['| status | code | type | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
