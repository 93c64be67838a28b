/** A runtime that could answer a request, as it stands now. */
export interface Candidate {
  /** Whether it answers, as far as is known. */
  readonly up: boolean;
  /** Whether the request was tried there and failed. */
  readonly tried: boolean;
  /** Whether the model is in memory or on its way there. */
  readonly resident: boolean;
  /** Requests of the model that run or wait there. */
  readonly outstanding: number;
  /** Requests of the model that run there at the same time. */
  readonly slots: number;
  /** Bytes that the model would take there. */
  readonly needBytes: number;
  /** Bytes that could be given to it there without unloading anything. */
  readonly availableBytes: number;
  /** Whether it answered the last turn of the conversation, so that the beginning of the prompt is in its cache. */
  readonly spokeLast: boolean;
}

/** Rounds of slots that may wait where the model is, before it is worth having a second time. */
const BUSY_ROUNDS = 2;

/** How many rounds of its slots are taken or waited for. */
function rounds({ outstanding, slots }: Candidate): number {
  return outstanding / Math.max(1, slots);
}

/** The first one with the least value. */
function least<T extends Candidate>(candidates: readonly T[], value: (candidate: T) => number): T | undefined {
  const [first, ...rest] = candidates;
  return first && rest.reduce((best, candidate) => (value(candidate) < value(best) ? candidate : best), first);
}

/**
 * Where a request is answered; undefined when nowhere. Of equals the first.
 * 1. Not where it is down, nor where the request failed before.
 * 2. Where the last turn of the conversation was answered, unless others would be quicker by a whole round.
 * 3. Where the model is in memory with a free slot, else with little to wait for.
 * 4. Where it fits beside what is there.
 * 5. Where it is in memory, whatever the wait.
 * 6. Where most is free: what is there has to go.
 */
export function choosePlace<T extends Candidate>(candidates: readonly T[]): T | undefined {
  // 1.
  const usable = candidates.filter(({ up, tried }) => up && !tried);
  const holders = usable.filter(({ resident }) => resident);
  const quickest = least(holders, rounds);
  // 2.
  const last = holders.find(({ spokeLast }) => spokeLast);
  if (last && quickest && rounds(last) < rounds(quickest) + 1) return last;
  // 3.
  if (quickest && rounds(quickest) < BUSY_ROUNDS) return quickest;
  // 4.
  const roomy = usable.filter(({ resident, needBytes, availableBytes }) => !resident && needBytes <= availableBytes);
  const idlest = least(roomy, rounds);
  if (idlest) return idlest;
  // 5.
  if (quickest) return quickest;
  // 6.
  return least(usable, ({ needBytes, availableBytes }) => needBytes - availableBytes);
}
