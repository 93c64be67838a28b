import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FAKE_CHARACTERS_PER_TOKEN, FakeOllama, type FakeChat } from '@local-llm-agent/testing';
import { callOf, chatOf } from '../../../test/call.cases.js';
import type { AnswerEvent, GenerationCall } from '../runtime.contract.js';
import { OllamaRuntime } from './ollama.runtime.js';

const NEVER = new AbortController().signal;
const REASON = new Error('the caller left');
const CALL = callOf({ plan: { name: 'smollm2', contextLength: 1024, slots: 2 } });

interface Heard {
  readonly batches: (readonly AnswerEvent[])[];
  readonly text: string;
  readonly last: AnswerEvent | undefined;
  readonly error: unknown;
}

describe('a chat of OllamaRuntime', () => {
  let fake: FakeOllama;
  let url: string;
  let runtime: OllamaRuntime;

  beforeEach(async () => {
    fake = new FakeOllama();
    url = await fake.start();
    runtime = new OllamaRuntime({ baseUrl: url, log: { info: () => undefined } });
    await runtime.describe('smollm2', NEVER);
  });

  afterEach(async () => {
    await runtime.close();
    await fake.close();
  });

  async function hear(call: GenerationCall = CALL, signal: AbortSignal = NEVER): Promise<Heard> {
    const batches: (readonly AnswerEvent[])[] = [];
    let error: unknown;
    try {
      for await (const batch of runtime.generate(call, signal)) batches.push(batch);
    } catch (thrown) {
      error = thrown;
    }
    const events = batches.flat();
    const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
    return { batches, text, last: events.at(-1), error };
  }

  describe('that goes well', () => {
    it('gives the text token by token, and the counts at the end', async () => {
      fake.next({ kind: 'answer', tokens: ['a', 'b', 'c'], paceMs: 20, promptTokens: 9 });
      const heard = await hear();
      expect(heard.text).toBe('abc');
      expect(heard.last).toEqual({ type: 'finish', reason: 'stop', usage: { promptTokens: 9, completionTokens: 3 } });
      expect(heard.batches.length).toBeGreaterThanOrEqual(3);
    });

    it('gives a plain answer in one batch', async () => {
      fake.next({ kind: 'answer', tokens: ['a', 'b'], reason: 'length' });
      const heard = await hear({ ...CALL, stream: false });
      const usage = { promptTokens: 7, completionTokens: 2 };
      expect(heard.batches).toEqual([
        [
          { type: 'text', text: 'ab' },
          { type: 'finish', reason: 'length', usage },
        ],
      ]);
    });

    it('gives what comes in one read as one batch, also when it comes in many chunks of HTTP', async () => {
      const lines = ['a', 'b', 'c'].map((content) => `${JSON.stringify({ message: { content }, done: false })}\n`);
      const end = '{"message":{"content":""},"done":true,"done_reason":"stop"}\n';
      const chunks = [...lines, end].map((line) => `${line.length.toString(16)}\r\n${line}\r\n`).join('');
      fake.next({ kind: 'wire', bytes: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n` });
      const heard = await hear();
      expect(heard.text).toBe('abc');
      expect(heard.batches).toHaveLength(1);
    });

    it('gives thoughts as events of their own', async () => {
      fake.next({ kind: 'answer', tokens: ['a'], thinking: 'hm' });
      const heard = await hear();
      expect(heard.text).toBe('a');
      expect(heard.batches.flat()[0]).toEqual({ type: 'reasoning', text: 'hm' });
    });

    it.each([true, false])(
      'ends an answer that repeats itself with its length and counts (stream: %s)',
      async (stream) => {
        fake.next({ kind: 'repeat', token: ' ha', stream });
        const heard = await hear({ ...CALL, stream });
        expect(heard.text).toBe(' ha'.repeat(31));
        const completionTokens = Math.ceil((31 * 3) / FAKE_CHARACTERS_PER_TOKEN);
        expect(heard.last).toEqual({ type: 'finish', reason: 'length', usage: { promptTokens: 1, completionTokens } });
        expect(heard.error).toBeUndefined();
      },
    );

    it('puts characters together that come in two reads', async () => {
      const bytes = Buffer.from(
        '{"message":{"content":"€😀"},"done":false}\n{"message":{"content":""},"done":true,"done_reason":"stop"}',
      );
      fake.next({ kind: 'raw', writes: [bytes.subarray(0, 25), bytes.subarray(25, 28), bytes.subarray(28)] });
      expect((await hear()).text).toBe('€😀');
    });

    it('starts when it is iterated, and uses the connection again', async () => {
      const chat = runtime.generate(CALL, NEVER);
      expect(fake.count('/api/chat')).toBe(0);
      for await (const batch of chat) expect(batch.length).toBeGreaterThan(0);
      await hear();
      await hear();
      expect(fake.count('/api/chat')).toBe(3);
      expect(fake.abortedCount).toBe(0);
    });
  });

  describe('that fails', () => {
    const unavailable = { name: 'ApiError', status: 503, code: 'backend_unavailable', origin: 'runtime' };

    it.each<[string, FakeChat, string, RegExp]>([
      ['is cut before the first token', { kind: 'cutAfter', tokens: 0 }, '', /closed the connection/],
      ['is cut after two tokens', { kind: 'cutAfter', tokens: 2 }, 't0 t1 ', /closed the connection/],
      ['ends without saying that it is done', { kind: 'endAfter', tokens: 2 }, 't0 t1 ', /broke off/],
      [
        'has an error in the middle',
        { kind: 'errorAfter', tokens: 2, message: 'the runner died' },
        't0 t1 ',
        /the runner died/,
      ],
      ['is garbage', { kind: 'garbage' }, '', /does not talk like Ollama/],
      [
        'is a line without end',
        { kind: 'raw', writes: Array.from({ length: 9 }, () => Buffer.alloc(2 ** 20, 0x61)) },
        '',
        /does not talk like Ollama/,
      ],
      ['is a status 500', { kind: 'status', status: 500, body: '{"error":"boom"}' }, '', /failed: boom/],
      ['is a status 502 of a proxy', { kind: 'status', status: 502, body: 'Bad gateway' }, '', /status 502/],
    ])('says so when the answer %s, after the text that came', async (_name, behaviour, text, message) => {
      for (const stream of [true, false]) {
        fake.next(behaviour);
        const heard = await hear({ ...CALL, stream });
        expect(heard.text).toBe(text);
        expect(heard.error).toMatchObject({ ...unavailable, message: expect.stringMatching(message) });
        expect((heard.error as Error).message).toContain(url);
      }
      expect((await hear()).text).toBe('Hello there!');
    });

    it('says that Ollama is not there, and works again when it is back', async () => {
      await hear();
      await fake.close();
      // A call may still go out on a kept connection whose end has not been noticed.
      await hear();
      const heard = await hear();
      expect(heard.error).toMatchObject({ ...unavailable, message: expect.stringMatching(/ollama serve/) });
      await fake.start(Number(new URL(url).port));
      expect((await hear()).text).toBe('Hello there!');
    });

    it('does not take a load for an answer', async () => {
      fake.next({ kind: 'answer', tokens: [], reason: 'load' });
      expect((await hear()).error).toMatchObject(unavailable);
    });

    it('says that the model is unknown', async () => {
      const heard = await hear({ ...CALL, plan: { ...CALL.plan, name: 'nope' } });
      expect(heard.error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    });

    it('says that an embedding model cannot chat', async () => {
      fake.install([{ name: 'minilm', chats: false }]);
      const heard = await hear({ ...CALL, plan: { ...CALL.plan, name: 'minilm' } });
      expect(heard.error).toMatchObject({ status: 400, code: 'invalid_request', param: 'model' });
    });

    it('says about how long a prompt is that is too long', async () => {
      fake.next({ kind: 'tooLong' });
      const content = 'x'.repeat(3000 * FAKE_CHARACTERS_PER_TOKEN);
      const { error } = await hear({ ...CALL, input: chatOf(content) });
      expect(error).toMatchObject({ status: 413, code: 'context_length_exceeded', param: 'messages' });
      const [, tokens, limit] = /has about (\d+) tokens, but .* is (\d+) tokens/.exec((error as Error).message) ?? [];
      expect(Number(limit)).toBe(1024);
      expect(Math.abs(Number(tokens) - 3000)).toBeLessThan(60);
    });

    it('fails once and then is over', async () => {
      fake.next({ kind: 'cutAfter', tokens: 0 });
      const iterator = runtime.generate(CALL, NEVER)[Symbol.asyncIterator]();
      await expect(iterator.next()).rejects.toMatchObject(unavailable);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it('ends when the runtime is closed under it', async () => {
      fake.next({ kind: 'hangAfter', tokens: 1 });
      const iterator = runtime.generate(CALL, NEVER)[Symbol.asyncIterator]();
      await iterator.next();
      const waiting = iterator.next();
      await Promise.all([expect(waiting).rejects.toMatchObject(unavailable), runtime.close()]);
    });
  });

  describe('that is not wanted any more', () => {
    it.each<[string, FakeChat]>([
      ['before the headers', { kind: 'hangBeforeHeaders' }],
      ['while tokens are awaited', { kind: 'hangAfter', tokens: 2 }],
    ])('is stopped by the signal %s', async (_name, behaviour) => {
      fake.next(behaviour);
      const stop = new AbortController();
      const hearing = hear(CALL, stop.signal);
      await fake.received();
      stop.abort(REASON);
      expect((await hearing).error).toBe(REASON);
      await fake.aborted();
    });

    it('is not even sent when the signal is aborted already', async () => {
      expect((await hear(CALL, AbortSignal.abort(REASON))).error).toBe(REASON);
      expect(fake.count('/api/chat')).toBe(0);
    });

    it('is not sent when the signal is aborted while the connection is being made', async () => {
      const stop = new AbortController();
      const hearing = hear(CALL, stop.signal);
      stop.abort(REASON);
      expect((await hearing).error).toBe(REASON);
      // The second chat connects after the first, so the first would have arrived by its end.
      await hear();
      expect(fake.count('/api/chat')).toBe(1);
    });

    it('is stopped by leaving the loop', async () => {
      fake.next({ kind: 'hangAfter', tokens: 1 });
      for await (const batch of runtime.generate(CALL, NEVER)) {
        expect(batch).toHaveLength(1);
        break;
      }
      await fake.aborted();
    });

    it('does not break the connection when the loop is left after the last event', async () => {
      for await (const batch of runtime.generate(CALL, NEVER)) if (batch.at(-1)?.type === 'finish') break;
      await hear();
      expect(fake.abortedCount).toBe(0);
    });

    it('does not outlive its signal while a prompt is measured', async () => {
      fake.next({ kind: 'tooLong' });
      fake.hangOnRender();
      const stop = new AbortController();
      const hearing = hear({ ...CALL, input: chatOf('x'.repeat(9000)) }, stop.signal);
      await fake.receivedOn('/api/chat', 2);
      stop.abort(REASON);
      expect((await hearing).error).toBe(REASON);
    });
  });

  it('does not read faster than its consumer', async () => {
    const lines = 40_000;
    fake.next({ kind: 'flood', lines });
    let text = 0;
    let held = false;
    for await (const batch of runtime.generate(CALL, NEVER)) {
      if (!held) {
        held = true;
        // Settles only if the fake cannot write on: an adapter that reads everything would let it finish.
        await fake.stalled();
      }
      for (const event of batch) if (event.type === 'text') text += event.text.length;
    }
    expect(text).toBe(lines * 1024);
  }, 20_000);
});
