import type { Tier } from '@local-llm-agent/contracts';

/** All tiers, the one that is served first at the head. */
export const TIERS: readonly Tier[] = ['small', 'main'];

/** What decides between the tiers that wait for one model. */
export interface TierView {
  /** Clock time, ms, at which each tier passes its bound; undefined when nobody of it waits. */
  readonly dueAt: Readonly<Record<Tier, number | undefined>>;
  readonly now: number;
  /** Requests of tier small that were served since the last one of main. */
  readonly smallInRow: number;
  readonly smallPerMain: number;
}

/**
 * The tier whose turn it is at a model.
 * 1. Only one waits: that one.
 * 2. The one that is past its bound, for longer if both are.
 * 3. Small, but after so many of small in a row one of main, so that main always gets its share.
 */
export function nextTier({ dueAt: { small, main }, now, smallInRow, smallPerMain }: TierView): Tier {
  if (main === undefined) return 'small'; // 1
  if (small === undefined) return 'main'; // 1
  if (Math.min(small, main) <= now) return small <= main ? 'small' : 'main'; // 2
  return smallInRow < smallPerMain ? 'small' : 'main'; // 3
}
