import type { RuntimeStatus } from '@local-llm-agent/contracts';

/** Where a new model would go; `embedded` and `server` take none from a registry, `nothing`: no runtime answers. */
export type PullTarget =
  { readonly kind: 'registry'; readonly host: string } | { readonly kind: 'embedded' | 'server' | 'nothing' };

/** New models go to the first runtime that answers, and only Ollama fetches any. */
export function pullTarget(runtimes: readonly RuntimeStatus[]): PullTarget {
  const first = runtimes.find(({ status }) => status === 'up');
  if (!first) return { kind: 'nothing' };
  if (first.kind === 'ollama') return { kind: 'registry', host: first.id };
  return { kind: first.kind === 'embedded' ? 'embedded' : 'server' };
}
