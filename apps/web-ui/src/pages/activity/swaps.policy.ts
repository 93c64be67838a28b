import type { DecisionStatus } from '@local-llm-agent/contracts';

/** How many models were loaded and unloaded from this moment on (Unix ms), as far as the decisions tell. */
export function swapsIn(
  decisions: readonly DecisionStatus[],
  from: number,
): { readonly loads: number; readonly unloads: number } {
  const recent = decisions.filter(({ time }) => Date.parse(time) >= from);
  const count = (what: DecisionStatus['what']): number => recent.filter((decision) => decision.what === what).length;
  return { loads: count('load'), unloads: count('unload') };
}
