import { LRUCache } from 'lru-cache';
import type { Claim, Grant, LimitStore, Scope, Verdict, WindowClaim, WindowStand } from './limit-store.contract.js';
import { SlidingWindow } from './sliding-window.state.js';

/** Most callers that are held; a few KiB each where they are busy. Those that asked least recently go first. */
const MOST_CALLERS = 20_000;

/** What is counted of one caller. */
class Counts {
  readonly requests: Partial<Record<Scope, SlidingWindow>> = {};
  readonly tokens: Partial<Record<Scope, SlidingWindow>> = {};
  readonly running: Partial<Record<Scope, number>> = {};
}

/** The counts that a claim is about, looked up once. */
interface Found {
  readonly counts: Counts;
  readonly requests: SlidingWindow | undefined;
  readonly tokens: SlidingWindow | undefined;
}

/** Counts in the memory of this process, without any waiting. */
export class MemoryLimitStore implements LimitStore {
  private readonly callers = new LRUCache<string, Counts>({ max: MOST_CALLERS });

  /** @param clock milliseconds that never run backwards */
  constructor(private readonly clock: () => number = () => Math.floor(performance.now())) {}

  take(claim: Claim): Verdict {
    const now = this.clock();
    const found = this.find(claim);
    const refusal = refuse(claim, found, now);
    if (refusal) return refusal;
    return {
      grant: this.count(claim, found, now),
      requests: standOf(found.requests, now, 0),
      tokens: standOf(found.tokens, now, 0),
      crowded: false,
    };
  }

  /** The verdict on a claim that has to be refused; nothing is counted. */
  refusal(claim: Claim): Verdict | undefined {
    return refuse(claim, this.find(claim), this.clock());
  }

  /** Counts a claim, whatever is used already. */
  note(claim: Claim): Grant {
    return this.count(claim, this.find(claim), this.clock());
  }

  private count(claim: Claim, { counts, requests, tokens }: Found, now: number): Grant {
    requests?.add(1, now);
    const reserved = claim.tokens?.amount ?? 0;
    const at = tokens?.add(reserved, now) ?? now;
    const place = claim.place?.scope;
    if (place !== undefined) counts.running[place] = (counts.running[place] ?? 0) + 1;
    return {
      settle: (used) => {
        if (place !== undefined) counts.running[place] = (counts.running[place] ?? 1) - 1;
        if (used < reserved) tokens?.giveBack(reserved - used, at);
        else if (used > reserved) tokens?.add(used - reserved, this.clock());
      },
    };
  }

  private find({ caller, requests, tokens }: Claim): Found {
    let counts = this.callers.get(caller);
    if (counts === undefined) {
      counts = new Counts();
      this.callers.set(caller, counts);
    }
    return {
      counts,
      requests: requests && (counts.requests[requests.scope] ??= new SlidingWindow()),
      tokens: tokens && (counts.tokens[tokens.scope] ??= new SlidingWindow()),
    };
  }
}

function refuse({ requests, tokens, place }: Claim, found: Found, now: number): Verdict | undefined {
  const requestsMs = waitOf(found.requests, requests, now);
  const tokensMs = waitOf(found.tokens, tokens, now);
  const crowded = place !== undefined && (found.counts.running[place.scope] ?? 0) >= place.limit;
  if (requestsMs === 0 && tokensMs === 0 && !crowded) return undefined;
  return {
    grant: undefined,
    requests: standOf(found.requests, now, requestsMs),
    tokens: standOf(found.tokens, now, tokensMs),
    crowded,
  };
}

function waitOf(window: SlidingWindow | undefined, claim: WindowClaim | undefined, now: number): number {
  return window && claim ? window.waitFor(claim.amount, claim.limit, now) : 0;
}

function standOf(window: SlidingWindow | undefined, now: number, waitMs: number): WindowStand | undefined {
  return window && { used: window.used(now), waitMs, emptyInMs: window.emptyIn(now) };
}
