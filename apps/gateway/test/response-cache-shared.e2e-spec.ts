import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { collectSse, errorAnswer } from '@local-llm-agent/testing';
import { CHAT, CHAT_PATH, ask, askChat, open, type Answer } from './gateway.harness.js';
import { CacheScene, Gate, numbered, until, untilRunning } from './response-cache.harness.js';

const COLD = { temperature: 0 } as const;
const ON = { RESPONSE_CACHE: 'on' } as const;

interface Chat {
  id: string;
  choices: { message: { content: string } }[];
}

const textOf = (answer: Answer): string | undefined => (answer.json() as Chat).choices[0]?.message.content;

describe('identical requests in flight', () => {
  const scene = new CacheScene();
  let gate: Gate;

  beforeEach(() => {
    gate = new Gate();
    scene.engine.answerWith(numbered({ before: gate.pass }));
  });

  /** The next event of a stream. */
  async function nextPart(answer: IncomingMessage): Promise<string> {
    const part = answer.read() as Buffer | null;
    if (part) return part.toString();
    await new Promise((resolve) => answer.once('readable', resolve));
    return nextPart(answer);
  }

  it('share one run, and each has an id of its own', async () => {
    await scene.start(ON);
    const asked = [askChat(scene.gateway, COLD), askChat(scene.gateway, COLD), askChat(scene.gateway, COLD)];
    await untilRunning(scene.gateway, 3);
    gate.open();
    const answers = await Promise.all(asked);
    expect(answers.map(textOf)).toEqual(['answer 1', 'answer 1', 'answer 1']);
    expect(answers.map(({ headers }) => headers['x-cache']).sort()).toEqual(['hit', 'hit', 'miss']);
    expect(new Set(answers.map((answer) => (answer.json() as Chat).id)).size).toBe(3);
    expect(scene.engine.exchanges.length).toBe(1);
  });

  it('that are not the same do not', async () => {
    await scene.start(ON);
    const asked = [
      askChat(scene.gateway, COLD),
      askChat(scene.gateway, { ...COLD, max_tokens: 5 }),
      askChat(scene.gateway),
    ];
    await until(() => scene.engine.exchanges.length === 3);
    gate.open();
    await Promise.all(asked);
  });

  it('of two tiers do not: who is served first must not wait for who is served later', async () => {
    await scene.start(ON);
    const asked = [askChat(scene.gateway, COLD), askChat(scene.gateway, COLD, { 'x-tier': 'main' })];
    await until(() => scene.engine.exchanges.length === 2);
    gate.open();
    await Promise.all(asked);
  });

  it('that want a new answer begin one, which those that come later share', async () => {
    await scene.start(ON);
    const first = askChat(scene.gateway, COLD);
    await until(() => scene.engine.exchanges.length === 1);
    const fresh = askChat(scene.gateway, COLD, { 'x-cache-control': 'refresh' });
    await until(() => scene.engine.exchanges.length === 2);
    const later = askChat(scene.gateway, COLD);
    await untilRunning(scene.gateway, 3);
    gate.open();
    expect((await Promise.all([first, fresh, later])).map(textOf)).toEqual(['answer 1', 'answer 2', 'answer 2']);
  });

  it('get the same chunks when they come in the middle of a stream', async () => {
    await scene.start(ON);
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, stream: true } };
    const first = await open(scene.gateway, question);
    expect(await nextPart(first)).toContain('answer');
    const second = await open(scene.gateway, question);
    expect(second.headers['x-cache']).toBe('hit');
    // What the first has already is there at once, though the run stands still.
    expect(await nextPart(second)).toContain('"content":"answer"');
    gate.open();
    const [one, other] = await Promise.all([collectSse(first), collectSse(second)]);
    const bare = (events: { data: string }[]): string[] =>
      events.map(({ data }) => data.replace(/"(?:id|created)":[^,]+,/g, ''));
    expect(bare(one)).toEqual(bare(other));
    expect(one.at(-1)?.data).toBe('[DONE]');
    expect(one[0]?.data).toContain('"id":"chatcmpl-engine1"');
    for (const { data } of other.slice(0, -1)) expect(data).toMatch(/"id":"chatcmpl-[0-9a-f]{32}"/);
    expect(scene.engine.exchanges.length).toBe(1);
    expect((await ask(scene.gateway, question)).headers['x-cache']).toBe('hit');
  });

  it.each([false, true])('go on when the first client leaves (stream: %s)', async (stream) => {
    await scene.start(ON);
    const leaver = new AbortController();
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, stream } };
    const first = open(scene.gateway, { ...question, signal: leaver.signal }).catch(() => undefined);
    await until(() => scene.engine.exchanges.length === 1);
    const second = ask(scene.gateway, question);
    await untilRunning(scene.gateway, 2);
    leaver.abort();
    await first;
    await untilRunning(scene.gateway, 1);
    gate.open();
    const answer = await second;
    expect([answer.status, answer.headers['x-cache']]).toEqual([200, 'hit']);
    expect(answer.text).toContain('answer');
    expect(await scene.engine.lastChat.ended).toBe('answered');
    expect((await ask(scene.gateway, question)).headers['x-cache']).toBe('hit');
    expect(scene.engine.exchanges.length).toBe(1);
  });

  it.each([false, true])('end with the engine when all clients have left (stream: %s)', async (stream) => {
    await scene.start(ON);
    const leaver = new AbortController();
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, stream }, signal: leaver.signal };
    const gone = Promise.allSettled([ask(scene.gateway, question), ask(scene.gateway, question)]);
    await untilRunning(scene.gateway, 2);
    leaver.abort();
    await gone;
    expect(await scene.engine.lastChat.ended).toBe('cut');
    gate.open();
    scene.engine.answerWith(numbered());
    expect((await askChat(scene.gateway, { ...COLD, stream })).headers['x-cache']).toBe('miss');
  });

  it('all get the error of the run, and none of it is kept', async () => {
    await scene.start(ON);
    scene.engine.answerWith(async (exchange) => {
      await gate.pass();
      const error = { message: 'The model is broken.', type: 'server_error', code: 'backend_unavailable', param: null };
      await errorAnswer(503, { error } as never, { 'retry-after': '7' })(exchange);
    });
    const asked = [askChat(scene.gateway, COLD), askChat(scene.gateway, COLD)];
    await untilRunning(scene.gateway, 2);
    gate.open();
    for (const answer of await Promise.all(asked)) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7']);
      expect(answer.text).toContain('The model is broken.');
    }
    expect(scene.engine.exchanges.length).toBe(1);
    scene.engine.answerWith(numbered());
    expect((await askChat(scene.gateway, COLD)).headers['x-cache']).toBe('miss');
  });

  it('all get the error of a stream that breaks off', async () => {
    await scene.start(ON);
    scene.engine.answerWith(async ({ res }) => {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      res.write('data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n');
      await gate.pass();
      res.destroy();
    });
    const asked = [
      askChat(scene.gateway, { ...COLD, stream: true }),
      askChat(scene.gateway, { ...COLD, stream: true }),
    ];
    await untilRunning(scene.gateway, 2);
    gate.open();
    for (const { text } of await Promise.all(asked)) {
      const events = await collectSse([text]);
      expect(events[0]?.data).toContain('"content":"x"');
      expect(events.at(-1)?.data).toContain('"error"');
    }
  });

  it('do not share a run that has become too large to be held for those who come late', async () => {
    await scene.start({ ...ON, RESPONSE_CACHE_ENTRY_BYTES: 100 });
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, stream: true } };
    const first = await open(scene.gateway, question);
    await nextPart(first);
    const second = await open(scene.gateway, question);
    expect(second.headers['x-cache']).toBe('miss');
    gate.open();
    expect((await collectSse(first)).at(-1)?.data).toBe('[DONE]');
    expect((await collectSse(second)).at(-1)?.data).toBe('[DONE]');
    expect(scene.engine.exchanges.length).toBe(2);
  });

  it('are read no faster than the slowest takes it, once the run is too large to be held', async () => {
    await scene.start({ ...ON, RESPONSE_CACHE_ENTRY_BYTES: 2 ** 20 });
    const event = `data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"${'x'.repeat(65_000)}"}}]}\n\n`;
    let sent = 0;
    scene.engine.answerWith(async ({ res }) => {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (let turn = 0; turn < 800; turn += 1) {
        sent += event.length;
        if (!res.write(event)) await once(res, 'drain');
        if (turn === 0) await gate.pass();
      }
      res.end('data: [DONE]\n\n');
    });
    const question = { path: CHAT_PATH, body: { ...CHAT, ...COLD, stream: true } };
    const slow = await open(scene.gateway, question);
    const fast = await open(scene.gateway, question);
    expect(fast.headers['x-cache']).toBe('hit');
    gate.open();
    let read = 0;
    fast.on('data', (part: Buffer) => (read += part.length));
    const ended = new Promise((resolve) => fast.once('end', resolve));
    let before = -1;
    while (sent !== before || read === 0) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    // Buffers of sockets hold some; far less than the 52 MB there are.
    expect(sent).toBeLessThan(30 * 2 ** 20);
    const events = (await collectSse(slow)).length;
    expect(events).toBe(801);
    await ended;
    expect(read).toBeGreaterThan(800 * event.length);
  });
});
