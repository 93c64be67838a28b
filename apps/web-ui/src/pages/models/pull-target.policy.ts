import type { RuntimeStatus } from '@local-llm-agent/contracts';

/**
 * Where a new model can go, the place it goes to without a choice first; `embedded` and `server` take none from a registry,
 * `nothing`: no runtime answers.
 */
export type PullTarget =
  | { readonly kind: 'registry'; readonly hosts: readonly [string, ...string[]] }
  | { readonly kind: 'embedded' | 'server' | 'nothing' };

/** New models go to a runtime that answers and fetches some, and only Ollama does. */
export function pullTarget(runtimes: readonly RuntimeStatus[]): PullTarget {
  const up = runtimes.filter(({ status }) => status === 'up');
  const [host, ...others] = up.filter(({ kind }) => kind === 'ollama').map(({ id }) => id);
  if (host !== undefined) return { kind: 'registry', hosts: [host, ...others] };
  const [first] = up;
  if (!first) return { kind: 'nothing' };
  return { kind: first.kind === 'embedded' ? 'embedded' : 'server' };
}
