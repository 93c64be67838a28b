import type { KeyRole, Tier } from '@local-llm-agent/contracts';

/** A key as the gateway knows it. Times are Unix milliseconds; undefined: not set. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  /** SHA-256 of the key. */
  readonly hash: Buffer;
  /** That of the key before the last rotation, and until when it is good. */
  readonly previous: { readonly hash: Buffer; readonly until: number } | undefined;
  /** Undefined: all. */
  readonly models: readonly string[] | undefined;
  readonly tiers: readonly Tier[] | undefined;
  /** 0 is no limit; undefined leaves it to the tier. */
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly concurrency: number | undefined;
  readonly tokensPerMonth: number | undefined;
  /** Whether its requests use the response cache; undefined leaves it to the setting. */
  readonly cache: boolean | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

/** Why a key is not good, in words for metrics. */
export type KeyFault = 'unknown' | 'expired' | 'replaced' | 'revoked';
