import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  FakeEngine,
  chatEvent,
  endStream,
  openStream,
  plainAnswer,
  silence,
  streamAnswer,
} from '@local-llm-agent/testing';
import { CHAT, askChat, open, startGateway, type RunningGateway } from '../../apps/gateway/test/gateway.harness.js';

const CHUNKS = 1000;
const REQUESTS = 50;

/** Counts what a request costs, not how long it takes: a count is the same on every machine. */
describe('the token path of the gateway', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let writes: string[] = [];
  let ends = 0;

  function countWrites(res: ServerResponse): void {
    const write = res.write.bind(res) as (chunk: Buffer) => boolean;
    const end = res.end.bind(res) as (...rest: unknown[]) => ServerResponse;
    res.write = ((chunk: Buffer) => {
      writes.push(chunk.toString('utf8'));
      return write(chunk);
    }) as typeof res.write;
    res.end = ((...rest: unknown[]) => {
      ends += 1;
      return end(...rest);
    }) as typeof res.end;
  }

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, {
      settings: { RATE_LIMITS: true },
      catalog: 'tiers: { small: { requestsPerMinute: 100000, tokensPerMinute: 100000000 } }',
      seen: countWrites,
    });
    await askChat(gateway);
    await askChat(gateway, { stream: true });
  });

  beforeEach(() => {
    writes = [];
    ends = 0;
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
  });

  /** Streams one chunk after the other, each only when the one before has come out at the other end. */
  async function streamInStep(): Promise<string[]> {
    engine.answerWith(silence);
    const arrived = engine.nextChat();
    const asked = open(gateway, { body: { ...CHAT, stream: true } });
    const { res } = await arrived;
    openStream(res);
    const sent: string[] = [];
    let chunks: AsyncIterator<Buffer> | undefined;
    for (let index = 0; index < CHUNKS; index += 1) {
      const event = chatEvent(`token ${index}`);
      sent.push(event);
      res.write(event);
      chunks ??= (await asked)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      expect(String((await chunks.next()).value)).toBe(event);
    }
    endStream(res);
    sent.push('data: [DONE]\n\n');
    while (chunks && (await chunks.next()).done !== true);
    return sent;
  }

  it('writes once for each chunk of the engine and touches none', async () => {
    const sent = await streamInStep();
    expect(writes).toEqual(sent);
    expect(ends).toBe(1);
  });

  it('parses the request and nothing of the stream', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    await streamInStep();
    expect(parse.mock.calls).toEqual([[JSON.stringify({ ...CHAT, stream: true })]]);
  });

  it('parses no plain answer either', async () => {
    engine.answerWith(plainAnswer('hello'));
    const parse = jest.spyOn(JSON, 'parse');
    await askChat(gateway);
    expect(parse.mock.calls).toEqual([[JSON.stringify(CHAT)]]);
    expect([writes.length, ends]).toEqual([0, 1]);
  });

  it.each([
    ['plain', false],
    ['streamed', true],
  ])('starts at most one timer for each %s request', async (_, stream) => {
    engine.answerWith(stream ? streamAnswer(Array<string>(100).fill('a')) : plainAnswer('hello'));
    const timers = [jest.spyOn(globalThis, 'setTimeout'), jest.spyOn(globalThis, 'setInterval')];
    for (let index = 0; index < REQUESTS; index += 1) expect((await askChat(gateway, { stream })).status).toBe(200);
    const callbacks = timers.flatMap((spy) => spy.mock.calls.map(([callback]) => callback));
    // undici times its connections when they become idle, which under load they do not.
    const ours = callbacks.filter((callback) => callback.name !== 'onParserTimeout');
    expect(callbacks.length).toBeGreaterThan(0);
    expect(ours.length).toBeLessThanOrEqual(REQUESTS + 3);
  });
});
