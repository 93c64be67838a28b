import type { TierConfig } from '@local-llm-agent/config';
import type { Tier } from '@local-llm-agent/contracts';
import type { Caller } from './caller.types.js';
import type { Claim, WindowClaim } from './limit-store.contract.js';

/** A request that asks to be let in. */
export interface Applicant {
  readonly caller: Caller;
  readonly tier: Tier;
  /** Of the prompt, and of the answer at most. */
  readonly tokens: number;
}

/** Limits of a tier; 0 is none. */
export type TierLimits = Pick<TierConfig, 'requestsPerMinute' | 'tokensPerMinute' | 'concurrency'>;

/** No limits at all. */
export const NO_TIER_LIMITS: TierLimits = { requestsPerMinute: 0, tokensPerMinute: 0, concurrency: 0 };

/** Whose limit it is: that of the tier counts each tier for itself, that of a key counts all of them together. */
export function ownerOf(own: number | undefined, tier: Tier): string {
  return own === undefined ? `tier ${tier}` : 'this key';
}

function windowClaim(own: number | undefined, ofTier: number, tier: Tier, amount: number): WindowClaim | undefined {
  const limit = own ?? ofTier;
  if (limit === 0) return undefined;
  return { scope: own === undefined ? tier : 'all', limit, amount: Math.min(amount, limit) };
}

/**
 * What a request has to be granted: each limit is the caller's own where there is one, else that of the tier.
 * A request whose tokens alone pass the limit of a minute asks for the whole minute: it could never run otherwise.
 * Undefined where nothing limits it.
 */
export function claimOf({ caller, tier, tokens }: Applicant, ofTier: TierLimits): Claim | undefined {
  const own = caller.limits;
  const requests = windowClaim(own.requestsPerMinute, ofTier.requestsPerMinute, tier, 1);
  const total = windowClaim(own.tokensPerMinute, ofTier.tokensPerMinute, tier, tokens);
  const place = windowClaim(own.concurrency, ofTier.concurrency, tier, 1);
  if (!requests && !total && !place) return undefined;
  return { caller: caller.id, requests, tokens: total, place };
}

/** Seconds from this moment to the next calendar month (UTC), at least 1. */
export function secondsToNextMonth(now: Date): number {
  const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  return Math.max(1, Math.ceil((next - now.getTime()) / 1000));
}
