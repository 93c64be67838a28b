/**
 * `npm run bench:swap`: requests for three models in random order, straight to a real Ollama with room for one
 * model, and through both services to the same Ollama. Rounds are interleaved; the table shows medians and ratios beside
 * the targets. `--rounds N` (5), `--requests N` (96), `--clients LIST` (2,8,32), `--tokens N` of an answer (24), `--seed TEXT`.
 * It fetches or builds what it needs. Run it on a machine that does nothing else.
 */
import { parseArgs } from 'node:util';
import { reportTable } from './bench/swap/report.mjs';
import { MODELS, prepareModels } from './bench/swap/models.mjs';
import { SUBJECTS } from './bench/swap/subjects.mjs';
import { makeTrace, runTrace } from './bench/swap/trace.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { ollamaProgram } from './ollama.mjs';
import { SetupError, runMain, say } from './repository.mjs';

const CONTEXT_LENGTH = 2048;
const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  requests: { type: 'string', default: '96' },
  clients: { type: 'string', default: '2,8,32' },
  tokens: { type: 'string', default: '24' },
  seed: { type: 'string', default: '1' },
};

function wholeNumber(text, name) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new SetupError(`--${name} has to be a whole number above 0, and is ${text}.`);
}

async function measure(subject, { setup, trace, clients }) {
  const running = await subject.start(setup);
  try {
    const figures = await runTrace(running.url, trace, clients);
    return { ...figures, loads: running.loads() };
  } finally {
    await running.stop();
  }
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  const [rounds, requests, tokens] = ['rounds', 'requests', 'tokens'].map((name) => wholeNumber(values[name], name));
  const counts = values.clients.split(',').map((count) => wholeNumber(count, 'clients'));
  // Ending by a signal skips what is to be done on exit, unless it is asked for.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])
    process.once(signal, () => process.exit(code));
  await ensureInstalled();
  await ensureBuilt();
  const program = await ollamaProgram(say);
  const { folder, modelBytes } = await prepareModels(program, CONTEXT_LENGTH);
  const setup = { program, folder, modelBytes, models: MODELS, contextLength: CONTEXT_LENGTH };
  const results = new Map(counts.map((clients) => [clients, SUBJECTS.map(() => [])]));
  for (let round = 0; round < rounds; round += 1) {
    // Another order in each round: with two clients the loads depend on chance more than on who serves.
    const trace = makeTrace({ models: MODELS, requests, tokens, seed: `${values.seed}/${round}` });
    for (const [clients, runs] of results) {
      // Who goes first changes, so that neither always finds the warmer machine.
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const index of order) {
        const figures = await measure(SUBJECTS[index], { setup, trace, clients });
        runs[index][round] = figures;
        const { seconds, loads } = figures;
        say(`round ${round + 1}, ${clients} clients, ${SUBJECTS[index].name}: ${seconds.toFixed(1)} s, ${loads} loads`);
      }
    }
  }
  console.log(`${requests} requests, median of ${rounds} rounds:\n`);
  console.log(
    reportTable(
      results,
      SUBJECTS.map(({ name }) => name),
    ),
  );
}

await runMain(main);
