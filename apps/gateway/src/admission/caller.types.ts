import type { Tier } from '@local-llm-agent/contracts';

/** What a caller may do: use models, or manage the system as well. */
export type Role = 'inference' | 'admin';

/** Own limits of a caller; undefined leaves a limit to the tier, 0 is no limit. */
export interface CallerLimits {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  /** Requests at the same time. */
  readonly concurrency: number | undefined;
  /** Tokens of a calendar month (UTC), of all tiers together. */
  readonly tokensPerMonth: number | undefined;
}

/** Who asks, and what they may do. */
export interface Caller {
  /** Id of the key, or the address of who comes without one. Safe to log. */
  readonly id: string;
  /** What people call the key; empty without one. */
  readonly name: string;
  readonly role: Role;
  /** Ids of catalog models, or names of installed ones; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** Undefined: all. */
  readonly tiers: readonly Tier[] | undefined;
  readonly limits: CallerLimits;
}

const NO_OWN_LIMITS: CallerLimits = {
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  concurrency: undefined,
  tokensPerMonth: undefined,
};

/** Who comes without a key while no key is asked for: may do everything, and is told apart by the address. */
export function anonymousCaller(address: string): Caller {
  return { id: address, name: '', role: 'admin', models: undefined, tiers: undefined, limits: NO_OWN_LIMITS };
}
