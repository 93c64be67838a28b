import type { ManagementProgress, PullLayer, PullStep } from '@local-llm-agent/contracts';

/** The speed is that of so many last ms. */
const SPEED_WINDOW_MS = 5000;
/** Shorter than this says nothing about the speed. */
const SHORTEST_WINDOW_MS = 500;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** How far a pull has come. Bytes; times are ms of the caller's clock. */
export interface PullProgress {
  readonly step: PullStep;
  /** Those that are known so far: the registry names one after the other. */
  readonly layers: readonly PullLayer[];
  readonly samples: readonly Sample[];
}

/** Nothing has come yet. */
export const NO_PROGRESS: PullProgress = { step: 'starting', layers: [], samples: [] };

function stepOf(status: string): PullStep | undefined {
  if (status.startsWith('pulling manifest')) return 'manifest';
  if (status.startsWith('pulling')) return 'fetching';
  if (status.startsWith('verifying')) return 'checking';
  if (status.startsWith('writing') || status.startsWith('removing')) return 'writing';
  return status === 'success' ? 'done' : undefined;
}

function withLayer(layers: readonly PullLayer[], layer: PullLayer): readonly PullLayer[] {
  const known = layers.some(({ digest }) => digest === layer.digest);
  return known ? layers.map((each) => (each.digest === layer.digest ? layer : each)) : [...layers, layer];
}

function pulledBytes(layers: readonly PullLayer[]): number {
  return layers.reduce((sum, { completedBytes }) => sum + completedBytes, 0);
}

/** The progress after one more line of the stream. */
export function afterLine(before: PullProgress, line: ManagementProgress, now: number): PullProgress {
  const step = stepOf(line.status) ?? before.step;
  if (line.digest === undefined || line.total === undefined) return { ...before, step };
  const { digest, total, completed = 0 } = line;
  const isNew = !before.layers.some((layer) => layer.digest === digest);
  const layers = withLayer(before.layers, { digest, totalBytes: total, completedBytes: completed });
  // What was there before the pull was not fetched now: a new layer begins a new measure.
  const kept = isNew ? [] : before.samples.filter(({ at }) => now - at <= SPEED_WINDOW_MS);
  return { step, layers, samples: [...kept, { at: now, bytes: pulledBytes(layers) }] };
}

/** Bytes a second over the last seconds; undefined while too little is known. */
export function pullSpeed({ samples }: PullProgress): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < SHORTEST_WINDOW_MS) return undefined;
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
}
