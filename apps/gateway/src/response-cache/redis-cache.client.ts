import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { CacheStore, Look } from './cache-store.contract.js';
import { decodeRecording, encodeRecording } from './recording.translate.js';
import type { Recording } from './recording.types.js';

/** Longest wait for a connection, and for an answer to what nobody waits for. */
const CONNECT_MS = 2000;
/** Longest pause between two attempts to connect. */
const MOST_PAUSE_MS = 1000;
/** The number counts the forms of what is kept: another version of this program may share the Redis. */
const PREFIX = 'local-llm-agent:answer:1:';
/** Holds a mark that is new each time the cache is emptied. An answer carries the mark of its time. */
const EPOCH = 'local-llm-agent:answers:epoch';
/** The mark stays a little longer than any answer that was kept before it. */
const EPOCH_MARGIN_MS = 60_000;

/** What is kept, and what the client tells of its connection. */
export interface RedisCacheOptions {
  readonly url: string;
  /** Longest wait for a look. */
  readonly timeoutMs: number;
  readonly ttlMs: number;
  /** Redis answers, for the first time or again. */
  back(): void;
  /** Redis does not answer any more, or never did; told once. */
  lost(error: Error): void;
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
  private readonly redis: Redis;
  /** Undefined: not known yet. */
  private answers: boolean | undefined;

  constructor(private readonly options: RedisCacheOptions) {
    this.redis = new Redis(options.url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      socketTimeout: CONNECT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 50, MOST_PAUSE_MS),
    });
    this.redis.on('error', (error: Error) => {
      this.lose(error);
    });
    this.redis.on('close', () => {
      this.lose(new Error('The connection was closed.'));
    });
    this.redis.on('ready', () => {
      this.answers = true;
      options.back();
    });
  }

  look(key: string): Look | Promise<Look> {
    if (this.answers !== true) return NOTHING;
    return this.find(PREFIX + key).catch(() => NOTHING);
  }

  async clear(): Promise<boolean> {
    if (this.answers !== true) return false;
    try {
      await this.inTime(this.redis.set(EPOCH, randomUUID(), 'PX', this.options.ttlMs + EPOCH_MARGIN_MS), CONNECT_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the connection. */
  close(): void {
    this.answers = false;
    if (this.redis.status !== 'end') this.redis.disconnect();
  }

  private async find(key: string): Promise<Look> {
    const [epochBytes, bytes] = await this.inTime(this.redis.mgetBuffer(EPOCH, key), this.options.timeoutMs);
    const epoch = epochBytes?.toString() ?? '';
    return {
      recording: bytes ? decodeRecording(bytes, epoch) : undefined,
      keep: (recording) => {
        this.set(key, recording, epoch);
      },
    };
  }

  /** Nobody waits for it; one that fails shows that Redis is away. */
  private set(key: string, recording: Recording, epoch: string): void {
    if (this.answers !== true) return;
    this.redis.set(key, encodeRecording(recording, epoch), 'PX', this.options.ttlMs).catch((error: unknown) => {
      // A Redis that is full refuses to write, and goes on reading.
      if (!(error instanceof Error) || error.name !== 'ReplyError') this.lose(toError(error));
    });
  }

  private async inTime<T>(command: Promise<T>, timeoutMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // Where this process was busy itself, the answer may lie here already: it is read before this comes round.
        setImmediate(() => {
          reject(new Error(`No answer within ${timeoutMs} ms.`));
        });
      }, timeoutMs);
    });
    try {
      return await Promise.race([command, late]);
    } catch (error) {
      this.lose(toError(error));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private lose(error: Error): void {
    if (this.answers === false) return;
    this.answers = false;
    this.options.lost(error);
    // A server that hangs would let commands pile up on its connection: give it up, and them with it.
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
