import type { Tier } from '@local-llm-agent/contracts';

/** What is counted together: the requests of a caller in one tier, or in all of them. */
export type Scope = Tier | 'all';

/** Limit of a minute, and how much of it a request wants. */
export interface WindowClaim {
  readonly scope: Scope;
  readonly limit: number;
  /** At most the limit. */
  readonly amount: number;
}

/** Most requests at the same time. */
export interface PlaceClaim {
  readonly scope: Scope;
  readonly limit: number;
}

/** What a request wants; undefined where there is no limit. */
export interface Claim {
  /** Id of who asks. */
  readonly caller: string;
  readonly requests: WindowClaim | undefined;
  readonly tokens: WindowClaim | undefined;
  readonly place: PlaceClaim | undefined;
}

/** How a window of a minute stands after a decision. */
export interface WindowStand {
  /** Counted now, the request included when it was let in. */
  readonly used: number;
  /** Milliseconds until what was asked for fits; 0 when it did. */
  readonly waitMs: number;
  /** Milliseconds until nothing is counted. */
  readonly emptyInMs: number;
}

/** What became of a claim: all of it was granted, or nothing of it was counted. */
export interface Verdict {
  /** Undefined: refused. */
  readonly grant: Grant | undefined;
  readonly requests: WindowStand | undefined;
  readonly tokens: WindowStand | undefined;
  /** Whether as many requests run as may. */
  readonly crowded: boolean;
}

/** What was granted. */
export interface Grant {
  /**
   * To be called once, at the end of the request: leaves its place, and makes the tokens that count those really used.
   * What was used beyond the claim counts from now; what was not used stops counting.
   */
  settle(usedTokens: number): void;
}

/** Counts what callers use. */
export interface LimitStore {
  /** Decides about a claim as a whole. Gives the verdict itself where nothing has to be waited for; never rejects. */
  take(claim: Claim): Verdict | Promise<Verdict>;
}
