import { compare } from './run.mjs';
import { grid, targetScenario } from './scenarios.mjs';

const US = 'this engine';
/** Clients, load time in answers, and least throughput against first-in-first-out; the p99 wait is to be lower in all. */
const TARGETS = [
  [32, 1, 1],
  [32, 2, 1],
  [32, 4, 4.9],
  [32, 28, 10],
  [8, 1, 1],
  [8, 2, 1],
  [8, 4, 3.1],
  [8, 28, 4.4],
];
/**
 * With two clients that choose at random among three models, no order beats plain grouping: both wait most of the time, and
 * a model that nobody asks for cannot be served. So the target is most of what grouping has above first-in-first-out.
 */
const TWO_CLIENTS = [4, 28];
const PART_OF_BEST = 0.97;
const MOST_LOSS = 0.05;

/**
 * Checks the targets.
 * @param {{ seed: string, serveMs: number }} options
 * @returns {{ lines: string[], failed: number }} one line for each target
 */
export function checkTargets({ seed, serveMs }) {
  const results = [...atTargets(seed, serveMs), ...withTwoClients(seed, serveMs), nowhereWorse(seed, serveMs)];
  return {
    lines: results.map(({ met, says }) => `${met ? 'ok    ' : 'FAILED'} ${says}`),
    failed: results.filter(({ met }) => !met).length,
  };
}

function atTargets(seed, serveMs) {
  return TARGETS.flatMap(([clients, ratio, least]) => {
    const scenario = targetScenario(clients, ratio, { serveMs, requests: 3000 });
    const { FIFO: fifo, [US]: ours } = compare(scenario, { seed, seeds: 2, names: ['FIFO', US] });
    const times = ours.perMinute / fifo.perMinute;
    const where = `${clients} clients, load of ${ratio} answers`;
    return [
      { met: times >= least, says: `${where}: ${times.toFixed(2)} times the throughput of FIFO, at least ${least}` },
      { met: ours.p99Ms < fifo.p99Ms, says: `${where}: p99 wait ${seconds(ours)}, below the ${seconds(fifo)} of FIFO` },
    ];
  });
}

const seconds = ({ p99Ms }) => `${(p99Ms / 1000).toFixed(1)} s`;

function withTwoClients(seed, serveMs) {
  return TWO_CLIENTS.map((ratio) => {
    const scenario = targetScenario(2, ratio, { serveMs, requests: 3000 });
    const names = ['FIFO', 'plain grouping', US];
    const { FIFO: fifo, 'plain grouping': best, [US]: ours } = compare(scenario, { seed, seeds: 2, names });
    const times = ours.perMinute / fifo.perMinute;
    const least = PART_OF_BEST * (best.perMinute / fifo.perMinute);
    const says = `2 clients, load of ${ratio} answers: ${times.toFixed(2)} times the throughput of FIFO, at least ${least.toFixed(2)}`;
    return { met: times >= least, says };
  });
}

/** The whole grid; the text names the worst place. */
function nowhereWorse(seed, serveMs) {
  const scenarios = grid({ serveMs, requests: 500 }, { models: [2, 3, 6], ratios: [0.5, 4, 28] });
  const rows = scenarios.map((scenario) => {
    const { FIFO: fifo, [US]: ours } = compare(scenario, { seed, seeds: 1, names: ['FIFO', US] });
    return { scenario, times: ours.perMinute / fifo.perMinute };
  });
  const worst = rows.reduce((least, row) => (row.times < least.times ? row : least));
  const { name, models, room, ratio } = worst.scenario;
  const where = `${name}, ${models} models, room for ${room}, load of ${ratio} answers`;
  return {
    met: worst.times >= 1 - MOST_LOSS,
    says: `${rows.length} scenarios: nowhere below ${1 - MOST_LOSS} of FIFO's throughput; lowest ${worst.times.toFixed(2)} (${where})`,
  };
}
