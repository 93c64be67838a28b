/** `npm run check`: format, lint, types, boundaries, dead code. Runs all of them, then says which failed. */
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { ROOT, installedProgram, runMain, say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const LONGEST_CHECK_MS = 10 * 60_000;

const CHECKS = [
  ['format', ['prettier', '--check', '.']],
  ['lint', ['eslint', '.']],
  ['types of the build', ['tsc', '-b']],
  ['types of the page', ['tsc', '-p', 'apps/web-ui']],
  ['types of the tests', ['tsc', '-p', 'tsconfig.check.json']],
  ['boundaries', ['depcruise', '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'tools', 'tests', 'deploy']],
  ['dead code', ['knip']],
];

async function main() {
  requireNode();
  await ensureInstalled();
  const failed = [];
  for (const [name, [program, ...args]] of CHECKS) {
    say(`\n== ${name}: ${program} ${args.join(' ')}`);
    const { code, output } = await runProgram(installedProgram(program), args, {
      cwd: ROOT,
      timeoutMs: LONGEST_CHECK_MS,
    });
    if (output) say(output);
    if (code !== 0) failed.push(name);
  }
  say(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

await runMain(main);
