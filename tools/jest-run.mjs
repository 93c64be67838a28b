import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, installedProgram, say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const LONGEST_RUN_MS = 30 * 60_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

/** Nothing ran yet. */
export const NOTHING = { passed: 0, failed: 0, skipped: 0 };

/** @returns {Totals} */
export function addTotals(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The closing line of a test run. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Counts a run. A suite that could not run counts as one failure, and so does a run that failed for no counted reason.
 * @param {any} report Jest's JSON report, undefined when there is none
 * @param {number} exitCode
 * @returns {Totals}
 */
export function countTotals(report, exitCode) {
  if (!report) return { ...NOTHING, failed: 1 };
  const totals = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  if (exitCode !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

/** ES modules in Jest need a flag; its warning about that would repeat with every worker. */
function nodeOptions() {
  return [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
    .filter(Boolean)
    .join(' ');
}

/**
 * Runs Jest and counts. The output goes straight to the terminal.
 * @param {readonly string[]} args
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<Totals>}
 */
export async function runJest(args, env) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-test-'));
  const reportFile = path.join(folder, 'report.json');
  try {
    const { code, output } = await runProgram(
      installedProgram('jest'),
      ['--passWithNoTests', '--json', `--outputFile=${reportFile}`, ...args],
      { cwd: ROOT, env: { ...env, NODE_OPTIONS: nodeOptions() }, timeoutMs: LONGEST_RUN_MS },
    );
    if (output) say(output);
    const report = fs.existsSync(reportFile) ? JSON.parse(fs.readFileSync(reportFile, 'utf8')) : undefined;
    if (!report) say('Jest ended without a report; its message is above.');
    return countTotals(report, code);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
