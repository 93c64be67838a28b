import type { EngineStatus, ModelPlan, PoolStatus, ResidentStatus } from '@local-llm-agent/contracts';

/** Why a model is where it is, or what its load would mean. */
export type Fit =
  /** `pinned_in_the_way`: it would fit if those that are pinned could leave; `changing`: once a load or unload is over. */
  'fits' | 'makes_room' | 'too_large' | 'pinned_in_the_way' | 'changing' | 'unknown';

/** What a model needs beside what is there. Bytes. */
export interface MemoryFit {
  readonly fit: Fit;
  readonly needBytes: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Taken by those that would stay. */
  readonly staysBytes: number;
  /** Models that would leave for it. */
  readonly leaves: readonly string[];
  /** Pinned models that are in the way. */
  readonly pinned: readonly string[];
}

/** The pool in which a model lives or would live. */
function poolOf(plan: ModelPlan | undefined, status: EngineStatus | undefined): PoolStatus | undefined {
  return status?.pools.find(({ id }) => id === (plan?.pool ?? 'local'));
}

/**
 * What the load of a model that is not in memory would mean; undefined where nothing can be said: memory is not reckoned
 * there, or the need is not known.
 * @param leaves names in memory of the models that would leave
 */
export function memoryFit(
  plan: ModelPlan,
  status: EngineStatus | undefined,
  leaves: readonly string[] = plan.leaves,
): MemoryFit | undefined {
  const pool = poolOf(plan, status);
  const { totalBytes = null, availableBytes = null } = pool ?? {};
  if (!status || totalBytes === null || availableBytes === null || !plan.needBytes) return undefined;
  const held = status.residents.filter((resident) => resident.pool === pool?.id);
  const pinned = held.filter((resident) => resident.pinned);
  const fit = fitOf(plan, totalBytes, held);
  const stays = stayersOf(fit, held, leaves);
  return {
    fit,
    needBytes: plan.needBytes,
    freeBytes: availableBytes,
    totalBytes,
    staysBytes: stays.reduce((sum, { bytes }) => sum + bytes, 0),
    leaves: plan.leaves,
    pinned: pinned.map(({ model }) => model),
  };
}

function stayersOf(fit: Fit, held: readonly ResidentStatus[], leaves: readonly string[]): readonly ResidentStatus[] {
  if (fit === 'makes_room') return held.filter(({ model }) => !leaves.includes(model));
  return fit === 'pinned_in_the_way' ? held.filter(({ pinned }) => pinned) : held;
}

/** The engine says `too_large` of all that does not fit now, whatever keeps it out. */
function fitOf({ fit, needBytes }: ModelPlan, totalBytes: number, held: readonly ResidentStatus[]): Fit {
  if (fit === null) return 'unknown';
  if (fit !== 'too_large' || (needBytes ?? 0) > totalBytes) return fit;
  if (held.some(({ phase }) => phase !== 'ready')) return 'changing';
  return held.some(({ pinned }) => pinned) ? 'pinned_in_the_way' : fit;
}

/** The shares of a bar, in percent of its width. */
export interface BarShares {
  readonly stays: number;
  readonly need: number;
}

/** How the need stands beside what stays; where it is more than there is, the bar is as wide as both. */
export function barShares({ needBytes, staysBytes, totalBytes }: MemoryFit): BarShares {
  const width = Math.max(totalBytes, staysBytes + needBytes, 1);
  return { stays: (100 * staysBytes) / width, need: (100 * needBytes) / width };
}

/** How far a load is: percent, and seconds left; `seconds` is undefined once it takes longer than usual. */
export function loadProgress(
  elapsedMs: number,
  expectedMs: number | null,
): { readonly percent: number; readonly seconds: number | undefined } {
  if (expectedMs === null || expectedMs <= 0) return { percent: 100, seconds: undefined };
  const left = expectedMs - elapsedMs;
  // The end is only shown when it is there.
  const percent = Math.min(95, Math.round((100 * elapsedMs) / expectedMs));
  return { percent, seconds: left > 0 ? Math.ceil(left / 1000) : undefined };
}
