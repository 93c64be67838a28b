import type { ManagementProgress } from '@local-llm-agent/contracts';

/** The speed is that of so many last ms. */
const SPEED_WINDOW_MS = 5000;
/** Shorter than this says nothing about the speed. */
const SHORTEST_WINDOW_MS = 500;

/** A file of a model that is fetched. Bytes. */
export interface PullLayer {
  readonly digest: string;
  readonly total: number;
  readonly completed: number;
}

/** What a pull is about now. */
export type PullStep = 'starting' | 'manifest' | 'fetching' | 'checking' | 'writing' | 'done';

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

/** Bytes of all layers that are known. */
export function pulledBytes(layers: readonly PullLayer[]): { readonly completed: number; readonly total: number } {
  return {
    completed: layers.reduce((sum, { completed }) => sum + completed, 0),
    total: layers.reduce((sum, { total }) => sum + total, 0),
  };
}

/** The progress after one more line of the stream. */
export function afterLine(before: PullProgress, line: ManagementProgress, now: number): PullProgress {
  const step = stepOf(line.status) ?? before.step;
  if (line.digest === undefined || line.total === undefined) return { ...before, step };
  const { digest, total, completed = 0 } = line;
  const isNew = !before.layers.some((layer) => layer.digest === digest);
  const layers = withLayer(before.layers, { digest, total, completed });
  // What was there before the pull was not fetched now: a new layer begins a new measure.
  const kept = isNew ? [] : before.samples.filter(({ at }) => now - at <= SPEED_WINDOW_MS);
  return { step, layers, samples: [...kept, { at: now, bytes: pulledBytes(layers).completed }] };
}

/** Bytes a second over the last seconds; undefined while too little is known. */
export function pullSpeed({ samples }: PullProgress): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < SHORTEST_WINDOW_MS) return undefined;
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
}

/** Seconds until the known layers are here; undefined while it cannot be told. */
export function secondsLeft(progress: PullProgress): number | undefined {
  const speed = pullSpeed(progress);
  if (speed === undefined || speed <= 0) return undefined;
  const { completed, total } = pulledBytes(progress.layers);
  return Math.ceil((total - completed) / speed);
}
