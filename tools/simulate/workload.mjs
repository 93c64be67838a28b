import { exponentialTime, randomNumbers, skewedTime } from './random.mjs';

/**
 * @typedef {object} Scenario what happens, whatever the policy
 * @property {number} models how many there are, all of the same size
 * @property {number} room how many of them fit into memory together
 * @property {number} slots requests that one model answers at the same time
 * @property {number} serveMs mean time of an answer
 * @property {number} loadMs
 * @property {number} requests how many answers are awaited
 * @property {ClosedLoop | Poisson} workload
 *
 * @typedef {{ kind: 'closed', clients: number, thinkMs: number, stay?: number, popular?: number }} ClosedLoop each client
 *   asks again when it has its answer, after a pause; `stay` is the probability that it asks the same model again,
 *   `popular` that it asks the first model rather than any
 * @typedef {{ kind: 'poisson', load: number, callers: number, popular?: number }} Poisson requests come independently;
 *   `load` is their part of what the slots could serve if loading took no time
 */

/** Answers differ in length: with this, one in twenty takes more than twice the mean. */
const SIGMA = 0.5;
/** Part of the requests that belong to the tier small; the others belong to main. */
const SMALL_PART = 0.75;

/**
 * The requests of one asker. What the n-th one wants depends on the seed alone, so that all policies see the same.
 * @returns {() => { key: string, tier: 'small' | 'main', caller: string, serveMs: number, pause: number }}
 */
export function requestsOf(scenario, caller, seed) {
  const random = randomNumbers(`${seed}/${caller}`);
  const { models, serveMs, workload } = scenario;
  let model;
  return () => {
    const stays = random() < (workload.stay ?? 0);
    const popular = random() < (workload.popular ?? 0);
    const any = Math.floor(random() * models);
    const another = popular ? 0 : any;
    model = stays && model !== undefined ? model : another;
    return {
      key: modelName(model),
      tier: random() < SMALL_PART ? 'small' : 'main',
      caller,
      serveMs: skewedTime(random, serveMs, SIGMA),
      pause: exponentialTime(random, workload.thinkMs ?? 0),
    };
  };
}

/** Mean time between two requests that come independently. */
export function meanGapMs({ serveMs, slots, room, workload }) {
  return serveMs / (slots * room * workload.load);
}

function modelName(index) {
  return `model-${String.fromCharCode(97 + index)}`;
}
