/**
 * `npm run simulate`: the engine's scheduler against other orders of service, in simulated time. Prints a table and writes
 * an SVG plot. `--check` asserts the targets and ends with 1 when one is missed. Others: `--seed TEXT`, `--serve SECONDS`
 * (mean time of an answer), `--requests N`, `--seeds N` (runs of each scenario), `--all` (the whole grid in the table),
 * `--out FOLDER`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { SetupError, runMain, say } from './repository.mjs';

/** Load times, in answers, of the short table. */
const IN_TABLE = [4, 28];
const OPTIONS = {
  check: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '2' },
  serve: { type: 'string', default: '1' },
  requests: { type: 'string', default: '2000' },
  out: { type: 'string' },
};

function positive(values, name) {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new SetupError(`--${name} has to be a number above 0, and is ${values[name]}.`);
}

async function printComparison(values) {
  const [{ compare }, { CLIENTS, RATIOS, grid, targetScenario }, { markdownTable }, { svgPlot }] = await Promise.all([
    import('./simulate/run.mjs'),
    import('./simulate/scenarios.mjs'),
    import('./simulate/table.mjs'),
    import('./simulate/plot.mjs'),
  ]);
  const options = { serveMs: positive(values, 'serve') * 1000, requests: positive(values, 'requests') };
  const { seed } = values;
  const run = (scenario) => ({ scenario, figures: compare(scenario, { seed, seeds: positive(values, 'seeds') }) });
  const groups = CLIENTS.map((clients) => ({
    title: `${clients} clients that ask again at once, 3 models, room for one`,
    rows: RATIOS.map((ratio) => run(targetScenario(clients, ratio, options))),
  }));
  const scenarios = grid(options, values.all ? {} : { models: [3], ratios: IN_TABLE });
  console.log(markdownTable(scenarios.map(run)));
  const folder = values.out ? path.resolve(values.out) : fs.mkdtempSync(path.join(os.tmpdir(), 'llm-agent-simulate-'));
  const file = path.join(folder, 'scheduling.svg');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, svgPlot(groups));
  say(`the plot is in ${file}`);
}

async function check(values) {
  const { checkTargets } = await import('./simulate/check.mjs');
  const { lines, failed } = checkTargets({ seed: values.seed, serveMs: positive(values, 'serve') * 1000 });
  console.log(lines.join('\n'));
  return failed === 0 ? 0 : 1;
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  await ensureInstalled();
  await ensureBuilt();
  return values.check ? check(values) : printComparison(values);
}

await runMain(main);
