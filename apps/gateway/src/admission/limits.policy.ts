import type { TierConfig } from '@local-llm-agent/config';
import type { Tier } from '@local-llm-agent/contracts';
import type { Caller } from './caller.types.js';
import type { Claim } from './limit-store.contract.js';

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

interface Bound {
  readonly key: string;
  readonly limit: number;
}

function bound(own: number | undefined, ofTier: number, what: string, { caller, tier }: Applicant): Bound | undefined {
  const limit = own ?? ofTier;
  if (limit === 0) return undefined;
  // In a cluster of Redis all keys of a caller are on one node, as its scripts need it: the braces see to that.
  return { key: `{${caller.id}}:${own === undefined ? tier : 'all'}:${what}`, limit };
}

/**
 * What a request has to be granted: each limit is the caller's own where there is one, else that of the tier.
 * A request whose tokens alone pass the limit of a minute asks for the whole minute: it could never run otherwise.
 * Undefined where nothing limits it.
 */
export function claimOf(applicant: Applicant, ofTier: TierLimits): Claim | undefined {
  const own = applicant.caller.limits;
  const requests = bound(own.requestsPerMinute, ofTier.requestsPerMinute, 'requests', applicant);
  const total = bound(own.tokensPerMinute, ofTier.tokensPerMinute, 'tokens', applicant);
  const place = bound(own.concurrency, ofTier.concurrency, 'places', applicant);
  if (!requests && !total && !place) return undefined;
  return {
    requests: requests && { ...requests, amount: 1 },
    tokens: total && { ...total, amount: Math.min(applicant.tokens, total.limit) },
    place,
  };
}

/** Seconds from this moment to the next calendar month (UTC), at least 1. */
export function secondsToNextMonth(now: Date): number {
  const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  return Math.max(1, Math.ceil((next - now.getTime()) / 1000));
}
