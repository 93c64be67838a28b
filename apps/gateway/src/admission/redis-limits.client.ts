import { randomUUID } from 'node:crypto';
import { Redis, type Result } from 'ioredis';
import type { Claim, Grant, Scope, Verdict, WindowStand } from './limit-store.contract.js';
import { RENEW, SETTLE, TAKE } from './redis-limits.script.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeLimits(...keysAndArguments: (string | number)[]): Result<number[], Context>;
    settleLimits(...keysAndArguments: (string | number)[]): Result<null, Context>;
    renewPlaces(...keysAndArguments: (string | number)[]): Result<null, Context>;
  }
}

/** Longest wait for a connection, and for its first answer. */
const CONNECT_MS = 2000;
/** Longest pause between two attempts to connect. */
const MOST_PAUSE_MS = 1000;
const PREFIX = 'local-llm-agent:limits:';
/** A place whose gateway ended without giving it back is free after this time. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** What the client tells of its connection. */
export interface RedisLimitsEvents {
  /** Redis answers, for the first time or again. */
  back(): void;
  /** Redis does not answer any more, or never did; told once. */
  lost(error: Error): void;
}

/** How the client is made. */
export interface RedisLimitsOptions {
  readonly url: string;
  /** Longest wait for a decision. */
  readonly timeoutMs: number;
  /** Milliseconds, instead of the clock of Redis; for tests. */
  readonly clock?: () => number;
}

interface Lease {
  readonly key: string;
  readonly id: string;
}

/**
 * Counts in Redis, for all gateways that use it. A decision comes within the time-out, or rejects; after that Redis
 * counts as lost until it has answered on a new connection.
 */
export class RedisLimits {
  private readonly redis: Redis;
  private readonly leases = new Set<Lease>();
  private readonly renewal: NodeJS.Timeout;
  /** Undefined: not known yet. */
  private answers: boolean | undefined;

  constructor(
    private readonly options: RedisLimitsOptions,
    private readonly events: RedisLimitsEvents,
  ) {
    this.redis = new Redis(options.url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      socketTimeout: CONNECT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 50, MOST_PAUSE_MS),
      scripts: {
        takeLimits: { lua: TAKE, numberOfKeys: 3 },
        settleLimits: { lua: SETTLE, numberOfKeys: 1 },
        renewPlaces: { lua: RENEW, numberOfKeys: 1 },
      },
    });
    this.redis.on('error', (error: Error) => {
      this.lose(error);
    });
    this.redis.on('close', () => {
      this.lose(new Error('The connection was closed.'));
    });
    this.redis.on('ready', () => {
      this.answers = true;
      events.back();
    });
    this.renewal = setInterval(() => {
      this.renew();
    }, RENEW_MS).unref();
  }

  /** Whether a decision may be asked for. */
  get ready(): boolean {
    return this.answers === true;
  }

  /** Decides about a claim. Rejects when Redis does not answer in time. */
  async take(claim: Claim): Promise<Verdict> {
    const { requests, tokens, place } = claim;
    const lease: Lease = { key: keyOf(claim, 'places', place), id: place ? randomUUID() : '' };
    const answer = await this.inTime(
      this.redis.takeLimits(
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
      ),
    );
    const [granted, crowded, at = 0, ...stands] = answer;
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
    this.answers = false;
    if (this.redis.status !== 'end') this.redis.disconnect();
  }

  private grant(claim: Claim, at: number, lease: Lease): Grant {
    if (claim.place) this.leases.add(lease);
    return {
      settle: (used) => {
        this.leases.delete(lease);
        // What cannot be told now is forgotten by Redis itself: tokens after a minute, a place at the end of its lease.
        if (!this.ready) return;
        if (claim.place) this.send(this.redis.zrem(lease.key, lease.id));
        const { tokens } = claim;
        if (tokens === undefined || used === tokens.amount) return;
        this.send(this.redis.settleLimits(keyOf(claim, 'tokens', tokens), this.now(), at, used - tokens.amount));
      },
    };
  }

  private renew(): void {
    if (!this.ready) return;
    const byKey = new Map<string, string[]>();
    for (const { key, id } of this.leases) byKey.set(key, [...(byKey.get(key) ?? []), id]);
    for (const [key, ids] of byKey) this.send(this.redis.renewPlaces(key, this.now(), LEASE_MS, ...ids));
  }

  /** Nobody waits for these commands; one that fails shows that Redis is away. */
  private send(command: Promise<unknown>): void {
    command.catch((error: unknown) => {
      this.lose(toError(error));
    });
  }

  private now(): number | '' {
    return this.options.clock?.() ?? '';
  }

  private inTime<T>(command: Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    return new Promise((resolve, reject) => {
      const expire = (): void => {
        reject(new Error(`No answer within ${timeoutMs} ms.`));
      };
      const timer = setTimeout(() => {
        // Where this process was busy itself, the answer may lie here already: it is read before this comes round.
        setImmediate(expire);
      }, timeoutMs);
      command.then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(toError(error));
        },
      );
    }).catch((error: unknown) => {
      this.lose(toError(error));
      throw error;
    }) as Promise<T>;
  }

  private lose(error: Error): void {
    if (this.answers === false) return;
    this.answers = false;
    this.events.lost(error);
    // A server that hangs would let commands pile up on its connection: give it up, and them with it.
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }
}

/** In a cluster of Redis all keys of a caller are on one node, as a script needs it: the braces see to that. */
function keyOf({ caller }: Claim, what: string, counted: { readonly scope: Scope } | undefined): string {
  return `${PREFIX}{${caller}}:${counted?.scope ?? 'all'}:${what}`;
}

function toStand([used = 0, waitMs = 0, emptyInMs = 0]: readonly number[]): WindowStand {
  return { used, waitMs, emptyInMs };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
