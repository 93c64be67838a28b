import { randomUUID } from 'node:crypto';
import { CONNECT_MS, RedisConnection, type RedisEvents } from '../redis/redis-connection.client.js';
import type { CacheStore, Look } from './cache-store.contract.js';
import { decodeRecording, encodeRecording } from './recording.translate.js';
import type { Recording } from './recording.types.js';

/** The number counts the forms of what is kept: another version of this program may share the Redis. */
const PREFIX = 'local-llm-agent:answer:1:';
/** Holds a mark that is new each time the cache is emptied. An answer carries the mark of its time. */
const EPOCH = 'local-llm-agent:answers:epoch';
/** The mark stays a little longer than any answer that was kept before it. */
const EPOCH_MARGIN_MS = 60_000;

/** Where answers are kept, and how long. */
export interface RedisCacheOptions {
  readonly url: string;
  /** Longest wait for a look. */
  readonly timeoutMs: number;
  readonly ttlMs: number;
}

const NOTHING: Look = {
  recording: undefined,
  keep: () => {
    // Redis is away.
  },
};

/**
 * Keeps answers in Redis, for all gateways that use it, each for its time from the moment it was made. While Redis is away
 * nothing is found and nothing kept; a look that takes longer than the bound finds nothing, and Redis counts as away until
 * it has answered on a new connection.
 */
export class RedisCache implements CacheStore {
  private readonly redis: RedisConnection;

  constructor(
    private readonly options: RedisCacheOptions,
    events: RedisEvents,
  ) {
    this.redis = new RedisConnection(options, events);
  }

  look(key: string): Look | Promise<Look> {
    if (!this.redis.ready) return NOTHING;
    return this.find(PREFIX + key).catch(() => NOTHING);
  }

  async clear(): Promise<boolean> {
    if (!this.redis.ready) return false;
    try {
      const mark = this.redis.commands.set(EPOCH, randomUUID(), 'PX', this.options.ttlMs + EPOCH_MARGIN_MS);
      await this.redis.inTime(mark, CONNECT_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the connection. */
  close(): void {
    this.redis.close();
  }

  private async find(key: string): Promise<Look> {
    const answer = this.redis.commands.mgetBuffer(EPOCH, key);
    const [epochBytes, bytes] = await this.redis.inTime(answer, this.options.timeoutMs);
    const epoch = epochBytes?.toString() ?? '';
    return {
      recording: bytes ? decodeRecording(bytes, epoch) : undefined,
      keep: (recording) => {
        this.set(key, recording, epoch);
      },
    };
  }

  private set(key: string, recording: Recording, epoch: string): void {
    if (!this.redis.ready) return;
    const written = this.redis.commands.set(key, encodeRecording(recording, epoch), 'PX', this.options.ttlMs);
    this.redis.send(written.catch(unlessFull));
  }
}

/** A Redis that is full refuses to write, and goes on reading. Rejects with every other error. */
function unlessFull(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
}
