import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, fullAnswer } from '@local-llm-agent/testing';
import { BAD_CHATS, type BadBody } from './bad-chats.cases.js';
import { BAD_TEXTS } from './bad-texts.cases.js';
import { ask, askChat, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';

const CASES = [...BAD_CHATS, ...BAD_TEXTS];
/** Against hanging only: all cases together take some seconds on a busy machine. */
const LONGEST_ALL_MS = 60_000;
const MOST_GROWTH_BYTES = 16 * 2 ** 20;
const ROUNDS = 3;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a body that is refused', () => {
  const times: { readonly title: string; readonly ms: number }[] = [];
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(fullAnswer);
    gateway = await startGateway(engine.url);
    await askChat(gateway);
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  async function send({ path, title, body }: BadBody): Promise<Answer> {
    const begin = performance.now();
    const answer = await ask(gateway, { path, body });
    times.push({ title: `${path}: ${title}`, ms: performance.now() - begin });
    return answer;
  }

  it('is one of at least 150', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(150);
    expect(new Set(CASES.map(({ path, title }) => `${path} ${title}`)).size).toBe(CASES.length);
  });

  it.each(CASES)('names what is wrong: $path with $title', async (bad) => {
    const asked = engine.exchanges.length;
    const answer = await send(bad);
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        error: {
          code: 'invalid_request',
          message: expect.stringMatching(/^.{10,400}\.$/s),
          type: 'invalid_request_error',
          param: bad.param,
        },
      },
    ]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
    expect(engine.exchanges).toHaveLength(asked);
  });

  it('leaves no memory behind, and the next request works', async () => {
    const before = heapBytes();
    for (let round = 0; round < ROUNDS; round += 1) for (const bad of CASES) await send(bad);
    expect(heapBytes() - before).toBeLessThan(MOST_GROWTH_BYTES);
    expect((await askChat(gateway)).status).toBe(200);
    const slowest = [...times].sort((one, other) => other.ms - one.ms).slice(0, 3);
    const all = times.reduce((sum, { ms }) => sum + ms, 0);
    process.stdout.write(
      `${times.length} bad bodies in ${Math.round(all)} ms; slowest: ${slowest.map(({ title, ms }) => `${title} ${Math.round(ms)} ms`).join(', ')}\n`,
    );
    expect(all).toBeLessThan(LONGEST_ALL_MS);
  });
});
