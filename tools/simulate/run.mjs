import { figuresOf, meanFigures } from './figures.mjs';
import { simulate } from './machine.mjs';
import { POLICIES } from './policies/all.mjs';

/**
 * The figures of the named policies in a scenario, each the mean over some seeds; all policies see the same requests.
 * @param {import('./workload.mjs').Scenario} scenario
 * @param {{ seed: string, seeds: number, names?: readonly string[] }} options
 * @returns {Record<string, ReturnType<typeof figuresOf>>}
 */
export function compare(scenario, { seed, seeds, names = Object.keys(POLICIES) }) {
  const figures = {};
  for (const name of names) {
    const runs = [];
    for (let index = 0; index < seeds; index += 1) {
      const policy = POLICIES[name](scenario);
      if (policy) runs.push(figuresOf(simulate(scenario, policy, `${seed}/${index}`)));
    }
    if (runs.length > 0) figures[name] = meanFigures(runs);
  }
  return figures;
}
