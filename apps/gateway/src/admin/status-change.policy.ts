import type { EngineStatus } from '@local-llm-agent/contracts';

/** Measured memory moves all the time; less than this is no news. */
const MEMORY_STEP_BYTES = 64 * 2 ** 20;

const coarse = (bytes: number | null): number | null => bytes && Math.round(bytes / MEMORY_STEP_BYTES);

/** The same text for two states of the engine whose difference is no news: the time, and small moves of free memory. */
export function fingerprintOf({
  pools,
  runtimes,
  residents,
  queue,
  changes,
  decisions,
  running,
}: EngineStatus): string {
  const memory = pools.map(({ availableBytes, totalBytes, ...rest }) => [
    rest,
    coarse(availableBytes),
    coarse(totalBytes),
  ]);
  return JSON.stringify([memory, runtimes, residents, queue, changes, decisions, running]);
}
