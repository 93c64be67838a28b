import type { KeyRole, Tier } from '@local-llm-agent/contracts';
import type { KeyRecord } from '../keys/key.types.js';

/** What a caller may do: use models, or manage the system as well. */
export type Role = KeyRole;

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
  /** Id of the key, which stays when the key is rotated; undefined for who comes without one. */
  readonly keyId: string | undefined;
  /** What people call the key; empty without one. */
  readonly name: string;
  readonly role: Role;
  /** Ids of catalog models, or names of installed ones; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** Undefined: all. */
  readonly tiers: readonly Tier[] | undefined;
  readonly limits: CallerLimits;
  /** Whether their requests use the response cache unless they say otherwise; undefined leaves it to the setting. */
  readonly cache: boolean | undefined;
}

const NO_OWN_LIMITS: CallerLimits = {
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  concurrency: undefined,
  tokensPerMonth: undefined,
};

/** Who comes without a key while no key is asked for: may do everything, and is told apart by the address. */
export function anonymousCaller(address: string): Caller {
  return {
    id: address,
    keyId: undefined,
    name: '',
    role: 'admin',
    models: undefined,
    tiers: undefined,
    limits: NO_OWN_LIMITS,
    cache: undefined,
  };
}

/** Who has no key where none is needed: may look at what is open, and use nothing. */
export function guestCaller(address: string): Caller {
  return { ...anonymousCaller(address), role: 'inference', models: [], tiers: [] };
}

/** Who comes with the key of ADMIN_KEY. */
export function adminKeyCaller(): Caller {
  return {
    id: 'admin-key',
    keyId: 'admin-key',
    name: 'ADMIN_KEY',
    role: 'admin',
    models: undefined,
    tiers: undefined,
    limits: NO_OWN_LIMITS,
    cache: undefined,
  };
}

/** Who comes with this key. */
export function callerOfKey(key: KeyRecord): Caller {
  const { id, name, role, models, tiers, requestsPerMinute, tokensPerMinute, concurrency, tokensPerMonth } = key;
  const limits = { requestsPerMinute, tokensPerMinute, concurrency, tokensPerMonth };
  return { id, keyId: id, name, role, models, tiers, limits, cache: key.cache };
}

/** Whether the caller came with a key, and is not only an address. */
export function hasKey({ keyId }: Caller): boolean {
  return keyId !== undefined;
}
