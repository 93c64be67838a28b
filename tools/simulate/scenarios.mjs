/** Load time of a model, in mean times of an answer. */
export const RATIOS = [0.5, 1, 2, 4, 8, 14, 28];
/** Clients that ask again as soon as they are answered. */
export const CLIENTS = [2, 8, 32];
const THINK_MS = 5;

/** Who asks, and how. */
const WORKLOADS = [
  ...CLIENTS.map((clients) => [`${clients} clients`, { kind: 'closed', clients, thinkMs: THINK_MS }]),
  ['8 clients, 80 % stay', { kind: 'closed', clients: 8, thinkMs: THINK_MS, stay: 0.8 }],
  ['8 people who pause', { kind: 'closed', clients: 8, thinkServes: 5, stay: 0.8 }],
  ['8 clients, one model popular', { kind: 'closed', clients: 8, thinkMs: THINK_MS, popular: 0.9 }],
  ...[0.2, 0.5, 0.8].map((load) => [`Poisson, load ${load}`, { kind: 'poisson', load, callers: 8 }]),
];

/** The target scenario of a number of clients and a ratio: three models, room for one, two slots. */
export function targetScenario(clients, ratio, options) {
  const workload = { kind: 'closed', clients, thinkMs: THINK_MS };
  return scenarioOf({ name: `${clients} clients`, workload, models: 3, room: 1, ratio }, options);
}

function scenarioOf({ name, workload, models, room, ratio }, { serveMs, requests }) {
  // People think for some answers' time.
  const { thinkServes, ...rest } = workload;
  const asked = thinkServes === undefined ? rest : { ...rest, thinkMs: thinkServes * serveMs };
  return { name, models, room, ratio, slots: 2, serveMs, loadMs: ratio * serveMs, requests, workload: asked };
}

/**
 * Every combination of who asks, models, room and ratio.
 * @param {{ serveMs: number, requests: number }} options
 * @param {{ models?: readonly number[], ratios?: readonly number[] }} [part]
 */
export function grid(options, { models: counts = [2, 3, 4, 6], ratios = RATIOS } = {}) {
  const scenarios = [];
  for (const [name, workload] of WORKLOADS) {
    for (const models of counts) {
      for (const room of [1, 2]) {
        for (const ratio of ratios) scenarios.push(scenarioOf({ name, workload, models, room, ratio }, options));
      }
    }
  }
  return scenarios;
}
