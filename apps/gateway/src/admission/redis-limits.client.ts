import { randomUUID } from 'node:crypto';
import type { Result } from 'ioredis';
import { RedisConnection, type RedisEvents } from '../redis/redis-connection.client.js';
import type { Claim, Grant, Scope, Verdict, WindowStand } from './limit-store.contract.js';
import { RENEW, SETTLE, TAKE } from './redis-limits.script.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeLimits(...keysAndArguments: (string | number)[]): Result<number[], Context>;
    settleLimits(...keysAndArguments: (string | number)[]): Result<null, Context>;
    renewPlaces(...keysAndArguments: (string | number)[]): Result<null, Context>;
  }
}

const PREFIX = 'local-llm-agent:limits:';
/** A place whose gateway ended without giving it back is free after this time. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** How the client is made. */
export interface RedisLimitsOptions {
  readonly url: string;
  /** Longest wait for a decision. */
  readonly timeoutMs: number;
  /** Milliseconds, instead of the clock of Redis; for tests. */
  readonly clock?: () => number;
}

const SCRIPTS = {
  takeLimits: { lua: TAKE, numberOfKeys: 3 },
  settleLimits: { lua: SETTLE, numberOfKeys: 1 },
  renewPlaces: { lua: RENEW, numberOfKeys: 1 },
};

interface Lease {
  readonly key: string;
  readonly id: string;
}

/**
 * Counts in Redis, for all gateways that use it. A decision comes within the time-out, or rejects; after that Redis
 * counts as lost until it has answered on a new connection.
 */
export class RedisLimits {
  private readonly redis: RedisConnection;
  private readonly leases = new Set<Lease>();
  private readonly renewal: NodeJS.Timeout;

  constructor(
    private readonly options: RedisLimitsOptions,
    events: RedisEvents,
  ) {
    this.redis = new RedisConnection({ url: options.url, scripts: SCRIPTS }, events);
    this.renewal = setInterval(() => {
      this.renew();
    }, RENEW_MS).unref();
  }

  /** Whether a decision may be asked for. */
  get ready(): boolean {
    return this.redis.ready;
  }

  /** Decides about a claim. Rejects when Redis does not answer in time. */
  async take(claim: Claim): Promise<Verdict> {
    const { requests, tokens, place } = claim;
    const lease: Lease = { key: keyOf(claim, 'places', place), id: place ? randomUUID() : '' };
    const answer = this.redis.commands.takeLimits(
      keyOf(claim, 'requests', requests),
      keyOf(claim, 'tokens', tokens),
      lease.key,
      this.now(),
      requests?.limit ?? 0,
      tokens?.limit ?? 0,
      tokens?.amount ?? 0,
      place?.limit ?? 0,
      lease.id,
      LEASE_MS,
    );
    const [granted, crowded, at = 0, ...stands] = await this.redis.inTime(answer, this.options.timeoutMs);
    return {
      grant: granted === 1 ? this.grant(claim, at, lease) : undefined,
      crowded: crowded === 1,
      requests: claim.requests && toStand(stands),
      tokens: claim.tokens && toStand(stands.slice(3)),
    };
  }

  /** Ends the connection. */
  close(): void {
    clearInterval(this.renewal);
    this.redis.close();
  }

  private grant(claim: Claim, at: number, lease: Lease): Grant {
    if (claim.place) this.leases.add(lease);
    return {
      settle: (used) => {
        this.leases.delete(lease);
        // What cannot be told now is forgotten by Redis itself: tokens after a minute, a place at the end of its lease.
        if (!this.ready) return;
        if (claim.place) this.redis.send(this.redis.commands.zrem(lease.key, lease.id));
        const { tokens } = claim;
        if (tokens === undefined || used === tokens.amount) return;
        const key = keyOf(claim, 'tokens', tokens);
        this.redis.send(this.redis.commands.settleLimits(key, this.now(), at, used - tokens.amount));
      },
    };
  }

  private renew(): void {
    if (!this.ready) return;
    const byKey = new Map<string, string[]>();
    for (const { key, id } of this.leases) byKey.set(key, [...(byKey.get(key) ?? []), id]);
    const { redis } = this;
    for (const [key, ids] of byKey) redis.send(redis.commands.renewPlaces(key, this.now(), LEASE_MS, ...ids));
  }

  private now(): number | '' {
    return this.options.clock?.() ?? '';
  }
}

/** In a cluster of Redis all keys of a caller are on one node, as a script needs it: the braces see to that. */
function keyOf({ caller }: Claim, what: string, counted: { readonly scope: Scope } | undefined): string {
  return `${PREFIX}{${caller}}:${counted?.scope ?? 'all'}:${what}`;
}

function toStand([used = 0, waitMs = 0, emptyInMs = 0]: readonly number[]): WindowStand {
  return { used, waitMs, emptyInMs };
}
