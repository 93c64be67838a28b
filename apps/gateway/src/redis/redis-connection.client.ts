import { Redis, type RedisOptions } from 'ioredis';

/** Longest wait for a connection, and for an answer that no request waits for, ms. */
export const CONNECT_MS = 2000;
/** Longest pause between two attempts to connect. */
const MOST_PAUSE_MS = 1000;

/** What a connection tells of itself. */
export interface RedisEvents {
  /** Redis answers, for the first time or again. */
  back(): void;
  /** Redis does not answer any more, or never did; told once. */
  lost(error: Error): void;
}

/** How a connection is made. */
export interface RedisConnectionOptions {
  readonly url: string;
  /** Scripts of Lua, which become commands of these names. */
  readonly scripts?: NonNullable<RedisOptions['scripts']>;
}

/**
 * A connection to a Redis that may be away: whoever uses it goes on without. Nothing is queued for later or sent twice. Redis
 * counts as lost from the first command that failed or came too late, until it has answered on a new connection.
 */
export class RedisConnection {
  /** Its commands, to be given while it is {@link ready}, within {@link inTime} or {@link send}. */
  readonly commands: Redis;
  /** Undefined: not known yet. */
  private answers: boolean | undefined;

  constructor(
    { url, scripts }: RedisConnectionOptions,
    private readonly events: RedisEvents,
  ) {
    this.commands = new Redis(url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      socketTimeout: CONNECT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 50, MOST_PAUSE_MS),
      ...(scripts ? { scripts } : {}),
    });
    this.commands.on('error', (error: Error) => {
      this.lose(error);
    });
    this.commands.on('close', () => {
      this.lose(new Error('The connection was closed.'));
    });
    this.commands.on('ready', () => {
      this.answers = true;
      events.back();
    });
  }

  /** Whether a command may be given. */
  get ready(): boolean {
    return this.answers === true;
  }

  /** The answer to a command; rejects when it fails, or does not come within so many milliseconds. */
  async inTime<T>(command: Promise<T>, timeoutMs: number): Promise<T> {
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

  /** Gives a command whose answer nobody waits for; one that fails shows that Redis is away. */
  send(command: Promise<unknown>): void {
    command.catch((error: unknown) => {
      this.lose(toError(error));
    });
  }

  /** Ends the connection. */
  close(): void {
    this.answers = false;
    if (this.commands.status !== 'end') this.commands.disconnect();
  }

  private lose(error: Error): void {
    if (this.answers === false) return;
    this.answers = false;
    this.events.lost(error);
    // A server that hangs would let commands pile up on its connection: give it up, and them with it.
    if (this.commands.status === 'ready') this.commands.disconnect(true);
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
