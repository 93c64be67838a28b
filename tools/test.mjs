/**
 * `npm test`: sets up what the tests need and runs all of them. `--ollama` runs the end-to-end tests on a real Ollama.
 * Other arguments go to Jest: `npm test -- libs/config`.
 */
import path from 'node:path';
import { requireNode } from './node-version.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { NOTHING, addTotals, closingLine, runJest } from './jest-run.mjs';
import { ensureDemoModel } from './model.mjs';
import { ollamaProgram, presentOllama } from './ollama.mjs';
import { ensurePythonClients } from './python-clients.mjs';
import { SetupError, runMain, say } from './repository.mjs';

/** Modules of a test file stay in memory after it, and a process full of them is ten times slower: it gets a follower. */
const FAST = ['--selectProjects', 'unit', 'service', 'contract', '--maxWorkers=1', '--workerIdleMemoryLimit=800MB'];
/** One at a time: two inference processes on few cores are far slower than one after the other. */
const END_TO_END = ['--selectProjects', 'e2e', '--runInBand'];

async function testEnvironment(runtime) {
  const folder = await ensureDemoModel();
  // The command is a client as well; where there is none, the tests that drive it are skipped.
  const ollama = runtime === 'ollama' ? await ollamaProgram(say) : presentOllama();
  const { python, reason } = await ensurePythonClients();
  if (!python) say(`the tests with Python clients will be skipped: ${reason}`);
  return {
    TEST_RUNTIME: runtime,
    ...(folder && { TEST_MODEL_GGUF: path.join(folder, 'smollm2.gguf') }),
    ...(python && { TEST_PYTHON: python }),
    ...(ollama && { TEST_OLLAMA_COMMAND: ollama }),
    ...(runtime === 'ollama' && { TEST_OLLAMA_BIN: ollama }),
  };
}

function chooseRuns(onOllama, args) {
  // What is about the embedded runtime alone, or the page on any runtime, has been tested by `npm test`.
  if (onOllama) return [[...END_TO_END, ...args, '--testPathIgnorePatterns=embedded-runtime|tests/web/(?!.*ollama)']];
  const withoutOllama = '--testPathIgnorePatterns=tests/web/.*ollama';
  if (args.some((arg) => arg.startsWith('--selectProjects'))) return [['--runInBand', ...args, withoutOllama]];
  return [
    [...FAST, ...args],
    [...END_TO_END, ...args, withoutOllama],
  ];
}

async function runAll() {
  const args = process.argv.slice(2).filter((arg) => arg !== '--ollama');
  const onOllama = process.argv.includes('--ollama');
  await ensureInstalled();
  await ensureBuilt();
  const environment = await testEnvironment(onOllama ? 'ollama' : 'embedded');
  let totals = NOTHING;
  for (const run of chooseRuns(onOllama, args)) totals = addTotals(totals, await runJest(run, environment));
  return totals;
}

async function main() {
  requireNode();
  let totals;
  try {
    totals = await runAll();
  } catch (error) {
    say(`\nThe tests could not be run: ${error instanceof SetupError ? error.message : error.stack}`);
    totals = { ...NOTHING, failed: 1 };
  }
  const ran = totals.passed + totals.failed > 0;
  if (!ran) say('No test ran.');
  process.stdout.write(`\n${closingLine(totals)}\n`);
  return ran && totals.failed === 0 ? 0 : 1;
}

await runMain(main);
