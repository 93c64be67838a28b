/**
 * Looks up the packages that are shipped in the advisories of the npm registry, and fails on those with a known weakness
 * that is high or critical. Where the registry cannot be asked it says so, and counts that as skipped, not as passed.
 */
import { execFile } from 'node:child_process';
import { judgeAudit } from './audit-report.mjs';
import { ROOT, runMain, say } from './repository.mjs';

const LONGEST_MS = 120_000;
const MOST_BYTES = 64 * 2 ** 20;

/** What npm writes; its exit code only repeats it. */
function askNpm() {
  const options = { cwd: ROOT, timeout: LONGEST_MS, maxBuffer: MOST_BYTES, shell: process.platform === 'win32' };
  return new Promise((resolve) => {
    execFile('npm', ['audit', '--omit=dev', '--json'], options, (error, out) => {
      resolve(out.trim() === '' && error ? error.message : out);
    });
  });
}

const CLOSING = {
  clean: '1 passed, 0 failed',
  vulnerable: '0 passed, 1 failed',
  'not asked': '0 passed, 0 failed, 1 skipped',
};

async function main() {
  const { result, lines } = judgeAudit(await askNpm());
  if (result === 'not asked') say('NOT CHECKED: the registry could not be asked for known weaknesses of the packages:');
  for (const line of lines) say(line);
  if (result === 'vulnerable') say('Take versions without them (npm audit fix, or overrides in package.json).');
  process.stdout.write(`${CLOSING[result]}\n`);
  return result === 'vulnerable' ? 1 : 0;
}

await runMain(main);
