import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import { Redis } from 'ioredis';
import type { ResponseStore } from './response-store.contract.js';

/** Longest wait for an answer of Redis, and for a connection to it. */
const TIMEOUT_MS = 2000;
/** What ioredis says of a command without an answer in time. */
const TIMED_OUT = 'Command timed out';
/** Longest pause between two attempts to connect. */
const MOST_PAUSE_MS = 2000;
const PREFIX = 'local-llm-agent:response:';

/**
 * Keeps responses in Redis, for all gateways that use it. A command fails at once while Redis is away and within two
 * seconds when it does not answer; none is queued for later.
 */
export class RedisStore implements ResponseStore, OnModuleDestroy {
  private readonly redis: Redis;
  private readonly logger = new Logger(RedisStore.name);
  private away = false;

  constructor(
    url: string,
    private readonly ttlSeconds: number,
  ) {
    this.redis = new Redis(url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 100, MOST_PAUSE_MS),
    });
    this.redis.on('error', (error: Error) => {
      this.lost(error);
    });
    this.redis.on('ready', () => {
      if (this.away) this.logger.warn('Redis is back.');
      this.away = false;
    });
  }

  async check(): Promise<void> {
    await this.run((redis) => redis.ping());
  }

  async save(id: string, text: string): Promise<void> {
    await this.run((redis) => redis.set(PREFIX + id, text, 'EX', this.ttlSeconds));
  }

  async load(ids: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (ids.length === 0) return [];
    return this.run(async (redis) => {
      const pipeline = redis.pipeline();
      for (const id of ids) pipeline.getex(PREFIX + id, 'EX', this.ttlSeconds);
      const found = (await pipeline.exec()) ?? [];
      return found.map(([error, text]) => {
        if (error) throw error;
        return typeof text === 'string' ? text : undefined;
      });
    });
  }

  async delete(id: string): Promise<boolean> {
    return (await this.run((redis) => redis.del(PREFIX + id))) > 0;
  }

  /** Ends the connection. */
  onModuleDestroy(): void {
    this.redis.disconnect();
  }

  private async run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      await this.connected();
      return await command(this.redis);
    } catch (cause) {
      // A server that hangs would let commands pile up on its connection: give it up, and they with it.
      if (cause instanceof Error && cause.message === TIMED_OUT && this.redis.status === 'ready') {
        this.lost(cause);
        this.redis.disconnect(true);
      }
      throw this.unavailable(cause);
    }
  }

  /** Says once, not for each attempt to connect, that Redis is away. */
  private lost(error: Error): void {
    if (!this.away) this.logger.warn(`Redis is away: ${error.message}`);
    this.away = true;
  }

  /** Waits for a connection that is being made; the command itself finds out about every other state. */
  private async connected(): Promise<void> {
    if (this.away || (this.redis.status !== 'connecting' && this.redis.status !== 'connect')) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.redis.off('ready', done);
        this.redis.off('close', done);
        resolve();
      };
      const timer = setTimeout(done, TIMEOUT_MS);
      this.redis.once('ready', done);
      this.redis.once('close', done);
    });
  }

  private unavailable(cause: unknown): ApiError {
    return backendUnavailable(
      'The store of responses (Redis) does not answer. Try again, start Redis, check REDIS_URL, or send store: false without previous_response_id.',
      { origin: 'gateway', cause, retryAfterSeconds: 1 },
    );
  }
}
