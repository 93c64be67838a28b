import { LRUCache } from 'lru-cache';
import type { Claim, Grant, LimitStore, Verdict, WindowClaim, WindowStand } from './limit-store.contract.js';
import { SlidingWindow } from './sliding-window.state.js';

/** Most windows that are held; about 1 KiB each where they are busy. Those used least recently go first. */
const MOST_WINDOWS = 50_000;

/** Counts in the memory of this process, without any waiting. */
export class MemoryLimitStore implements LimitStore {
  private readonly windows = new LRUCache<string, SlidingWindow>({ max: MOST_WINDOWS });
  private readonly running = new Map<string, number>();

  /** @param clock milliseconds that never run backwards */
  constructor(private readonly clock: () => number = () => Math.floor(performance.now())) {}

  take(claim: Claim): Verdict {
    const refusal = this.refusal(claim);
    if (refusal) return refusal;
    const grant = this.note(claim);
    const now = this.clock();
    return { grant, requests: this.stand(claim.requests, now), tokens: this.stand(claim.tokens, now), crowded: false };
  }

  /** The verdict on a claim that has to be refused; nothing is counted. */
  refusal(claim: Claim): Verdict | undefined {
    const now = this.clock();
    const { place } = claim;
    const requests = this.waitFor(claim.requests, now);
    const tokens = this.waitFor(claim.tokens, now);
    const crowded = place !== undefined && (this.running.get(place.key) ?? 0) >= place.limit;
    if (requests === 0 && tokens === 0 && !crowded) return undefined;
    return {
      grant: undefined,
      requests: this.stand(claim.requests, now, requests),
      tokens: this.stand(claim.tokens, now, tokens),
      crowded,
    };
  }

  /** Counts a claim, whatever is used already. */
  note(claim: Claim): Grant {
    const now = this.clock();
    const tokens = this.windowOf(claim.tokens);
    this.windowOf(claim.requests)?.add(1, now);
    const reserved = claim.tokens?.amount ?? 0;
    const at = tokens?.add(reserved, now) ?? now;
    const place = claim.place?.key;
    if (place !== undefined) this.running.set(place, (this.running.get(place) ?? 0) + 1);
    return {
      settle: (used) => {
        if (place !== undefined) this.leave(place);
        if (used < reserved) tokens?.giveBack(reserved - used, at);
        else if (used > reserved) tokens?.add(used - reserved, this.clock());
      },
    };
  }

  private waitFor(claim: WindowClaim | undefined, now: number): number {
    return claim === undefined ? 0 : this.windowAt(claim.key).waitFor(claim.amount, claim.limit, now);
  }

  private stand(claim: WindowClaim | undefined, now: number, waitMs = 0): WindowStand | undefined {
    if (claim === undefined) return undefined;
    const window = this.windowAt(claim.key);
    return { used: window.used(now), waitMs, emptyInMs: window.emptyIn(now) };
  }

  private leave(place: string): void {
    const others = (this.running.get(place) ?? 1) - 1;
    if (others > 0) this.running.set(place, others);
    else this.running.delete(place);
  }

  private windowOf(claim: WindowClaim | undefined): SlidingWindow | undefined {
    return claim && this.windowAt(claim.key);
  }

  private windowAt(key: string): SlidingWindow {
    const found = this.windows.get(key);
    if (found) return found;
    const fresh = new SlidingWindow();
    this.windows.set(key, fresh);
    return fresh;
  }
}
