import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisConnection } from '../src/redis/redis-connection.client.js';
import { tellLog } from '../src/redis/redis-log.writer.js';
import { RedisServer, ensureRedis } from './redis.harness.js';

const missing = ensureRedis();
const withRedis = missing === undefined ? describe : describe.skip;

/** Resolves once the connection has told so much. */
async function untilTold(told: readonly string[], count: number): Promise<void> {
  const end = Date.now() + 20_000;
  while (told.length < count) {
    if (Date.now() > end) throw new Error(`It told ${JSON.stringify(told)}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

withRedis(`a connection to a real Redis${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let redis: RedisServer;
  const connections: RedisConnection[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });
  afterAll(async () => {
    await redis.stop();
  });

  function connect(url = redis.url): { connection: RedisConnection; told: string[] } {
    const told: string[] = [];
    const connection = new RedisConnection(
      { url },
      { back: () => told.push('back'), lost: (error) => told.push(error.message) },
    );
    connections.push(connection);
    return { connection, told };
  }

  it('is ready once Redis answers, and gives what it answers', async () => {
    const { connection, told } = connect();
    expect(connection.ready).toBe(false);
    await untilTold(told, 1);
    expect([connection.ready, told]).toEqual([true, ['back']]);
    expect(await connection.inTime(connection.commands.set('a', 'b'), 5000)).toBe('OK');
    expect(await connection.inTime(connection.commands.get('a'), 5000)).toBe('b');
  });

  it('tells once that there is no Redis, however often it looks for it', async () => {
    const { connection, told } = connect('redis://127.0.0.1:1');
    await untilTold(told, 1);
    await new Promise((resolve) => connection.commands.once('reconnecting', resolve));
    await new Promise((resolve) => connection.commands.once('close', resolve));
    expect(told).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(connection.ready).toBe(false);
  });

  it('is lost with the first answer that comes too late, gives up what waits, and comes back on a new connection', async () => {
    const { connection, told } = connect();
    await untilTold(told, 1);
    redis.freeze();
    try {
      const [late, other] = [connection.commands.get('a'), connection.commands.get('a')];
      connection.send(other);
      await expect(connection.inTime(late, 50)).rejects.toThrow('No answer within 50 ms.');
      expect([connection.ready, told]).toEqual([false, ['back', 'No answer within 50 ms.']]);
      // While Redis still hangs: it is not waited for.
      await expect(other).rejects.toThrow();
    } finally {
      redis.thaw();
    }
    await untilTold(told, 3);
    expect([connection.ready, told.slice(2)]).toEqual([true, ['back']]);
  });

  it('is lost when a command fails that nobody waits for', async () => {
    const { connection, told } = connect();
    await untilTold(told, 1);
    connection.send(connection.commands.incr('a-number').then(() => connection.commands.hget('a-number', 'x')));
    await untilTold(told, 3);
    expect(told).toEqual(['back', expect.stringContaining('WRONGTYPE'), 'back']);
  });

  it('says that Redis went when it is stopped, and that it is back when it was started again', async () => {
    const { told } = connect();
    await untilTold(told, 1);
    await redis.stop();
    await untilTold(told, 2);
    await redis.startAgain();
    await untilTold(told, 3);
    expect(told).toEqual(['back', expect.any(String), 'back']);
  });

  it('tells nothing more once it was closed', async () => {
    const { connection, told } = connect();
    await untilTold(told, 1);
    const ended = new Promise((resolve) => connection.commands.once('end', resolve));
    connection.close();
    await ended;
    expect([connection.ready, told]).toEqual([false, ['back']]);
  });
});

describe('what the log says of Redis', () => {
  it('is that it went, and after that that it is back; not that it is there', () => {
    const lines: unknown[] = [];
    const logger = { warn: (line: unknown) => lines.push(line) };
    const { back, lost } = tellLog(logger, { away: 'nothing is counted', back: 'all is counted again' });
    back();
    expect(lines).toEqual([]);
    lost(new Error('gone'));
    back();
    expect(lines).toEqual(['Redis is away, nothing is counted: gone', 'Redis is back: all is counted again.']);
  });
});
