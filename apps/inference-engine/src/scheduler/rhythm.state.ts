import type { ModelKey } from './scheduler.types.js';

/** Weight of the newest observation in the means. */
const NEWEST = 0.25;
/** Callers remembered; who was silent for longest is forgotten first. */
const MOST_CALLERS = 1000;
/** Callers for whom a model is kept; the last ones to be answered. */
const MOST_EXPECTED = 16;
/** Timers and networks are not more exact than this. */
const SHORTEST_WINDOW_MS = 5;

/** How a caller follows one request by the next. */
interface Rhythm {
  /** Mean time from an answer to the next request, ms, and how far it strays from the mean. */
  gapMs: number | undefined;
  strayMs: number;
  /** Share of next requests that go to the same model. */
  comesBack: number;
  /** Model of the last answer, until the next request. */
  answeredBy: ModelKey | undefined;
  answeredAt: number;
}

/** Learns which callers ask again soon after an answer, and where, so that a model can be kept for them. */
export class CallerRhythms {
  private readonly callers = new Map<string, Rhythm>();
  private readonly expected = new Map<ModelKey, Set<string>>();

  /** The caller was answered. */
  answered(caller: string, key: ModelKey, now: number): void {
    const rhythm = this.callers.get(caller) ?? newRhythm();
    this.forget(caller, rhythm);
    rhythm.answeredBy = key;
    rhythm.answeredAt = now;
    this.callers.delete(caller);
    this.callers.set(caller, rhythm);
    const set = this.expected.get(key) ?? new Set();
    this.expected.set(key, set.add(caller));
    const [first] = set;
    if (set.size > MOST_EXPECTED && first !== undefined) set.delete(first);
    const [silent] = this.callers;
    if (this.callers.size > MOST_CALLERS && silent) {
      this.forget(...silent);
      this.callers.delete(silent[0]);
    }
  }

  /** The caller asks again. */
  asked(caller: string, key: ModelKey, now: number): void {
    const rhythm = this.callers.get(caller);
    if (rhythm?.answeredBy === undefined) return;
    const gap = now - rhythm.answeredAt;
    const mean = rhythm.gapMs ?? gap;
    rhythm.strayMs += NEWEST * (Math.abs(gap - mean) - rhythm.strayMs);
    rhythm.gapMs = mean + NEWEST * (gap - mean);
    rhythm.comesBack += NEWEST * ((rhythm.answeredBy === key ? 1 : 0) - rhythm.comesBack);
    this.forget(caller, rhythm);
  }

  /**
   * Until when it pays to keep an idle model for callers it has just answered: their next request comes within
   * `longestMs`, as far as their rhythm tells, and the load it would save outweighs the wait. Undefined: it does not.
   */
  expectedUntil(key: ModelKey, loadMs: number, longestMs: number): number | undefined {
    let until: number | undefined;
    for (const caller of this.expected.get(key) ?? []) {
      const rhythm = this.callers.get(caller);
      if (rhythm?.gapMs === undefined) continue;
      const window = Math.max(SHORTEST_WINDOW_MS, rhythm.gapMs + 4 * rhythm.strayMs);
      // Most callers ask again, here or elsewhere, about a gap later, and the wait ends then.
      if (window > longestMs || rhythm.comesBack * loadMs <= rhythm.gapMs + rhythm.strayMs) continue;
      until = Math.max(until ?? -Infinity, rhythm.answeredAt + window);
    }
    return until;
  }

  private forget(caller: string, rhythm: Rhythm): void {
    if (rhythm.answeredBy === undefined) return;
    const set = this.expected.get(rhythm.answeredBy);
    set?.delete(caller);
    if (set?.size === 0) this.expected.delete(rhythm.answeredBy);
    rhythm.answeredBy = undefined;
  }
}

/** Who is new is taken to come back as often as not. */
function newRhythm(): Rhythm {
  return { gapMs: undefined, strayMs: 0, comesBack: 0.5, answeredBy: undefined, answeredAt: 0 };
}
