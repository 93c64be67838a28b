import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FakeEngine,
  chatEvent,
  collectSse,
  endStream,
  openStream,
  plainAnswer,
  silence,
  streamAnswer,
  streamThenCut,
} from '@local-llm-agent/testing';
import { CHAT, DISPATCHES, ask, askChat, open, startGateway, type RunningGateway } from './gateway.harness.js';

const STREAM = { body: { ...CHAT, stream: true } };
const MIB = 2 ** 20;

function gate(): { passed: Promise<void>; pass: () => void } {
  let pass!: () => void;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass };
}

describe.each(DISPATCHES)('a chat whose route is dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let response: ServerResponse | undefined;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, {
      settings: { TOKEN_ROUTES, HEARTBEAT_SECONDS: 0.1 },
      seen: (res) => {
        response = res;
      },
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it('sends the body to the engine as the client wrote it', async () => {
    engine.answerWith(plainAnswer('hello'));
    const body =
      ' { "model":"gemma3" , "messages":[{"role":"user","content":"h\\u00e9 \u{1F600}"}], "unknown_field": [1, 2.50] } ';
    const answer = await ask(gateway, { body });
    expect(answer.status).toBe(200);
    expect(engine.lastChat.body.toString('utf8')).toBe(body);
    expect(engine.lastChat.headers['content-type']).toBe('application/json');
  });

  it('passes a plain answer on byte for byte', async () => {
    const raw = '{ "id":"x",\n "choices":[ {"message":{"content":"\u{1F600} caf\u00e9"}} ] }';
    engine.answerWith(({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      res.write(raw.slice(0, 20));
      res.end(raw.slice(20));
    });
    const answer = await askChat(gateway);
    expect(answer.text).toBe(raw);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(raw)));
  });

  it('passes a stream on byte for byte, comments and odd line ends included', async () => {
    const raw = `: waiting\n\n${chatEvent('caf\u00e9 \u{1F600}')}data:no space\r\n\r\nevent: x\ndata: a\ndata: b\n\ndata: [DONE]\n\n`;
    engine.answerWith(async ({ res }) => {
      openStream(res);
      const bytes = Buffer.from(raw);
      for (let at = 0; at < bytes.length; at += 7) {
        res.write(bytes.subarray(at, at + 7));
        await new Promise(setImmediate);
      }
      res.end();
    });
    const answer = await ask(gateway, STREAM);
    expect(answer.text).toBe(raw);
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-cache');
    expect(answer.headers['x-accel-buffering']).toBe('no');
  });

  it('hands each chunk on before the engine sends the next', async () => {
    const second = gate();
    engine.answerWith(async ({ res }) => {
      openStream(res);
      res.write(chatEvent('one'));
      await second.passed;
      res.write(chatEvent('two'));
      endStream(res);
    });
    const answer = await open(gateway, STREAM);
    expect(answer.statusCode).toBe(200);
    const chunks = answer[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe(chatEvent('one'));
    second.pass();
    expect(String((await chunks.next()).value)).toContain('two');
    answer.destroy();
  });

  it('does not buffer a stream that the client does not read', async () => {
    const total = 64 * MIB;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const finished = gate();
    engine.answerWith(async ({ res }) => {
      openStream(res);
      for (; sent < total; sent += chunk.length) if (!res.write(chunk)) await once(res, 'drain');
      endStream(res);
      finished.pass();
    });
    const answer = await open(gateway, STREAM);
    let most = 0;
    const watched = response!;
    const write = watched.write.bind(watched) as (part: Buffer) => boolean;
    watched.write = ((part: Buffer) => {
      const more = write(part);
      most = Math.max(most, watched.writableLength);
      return more;
    }) as typeof watched.write;
    // The engine is stuck once it got nothing more out in ten looks; without back-pressure it gets all of it out.
    for (let still = 0; still < 10 && sent < total;) {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 20));
      still = sent === before ? still + 1 : 0;
    }
    expect(sent).toBeLessThan(total);
    let got = 0;
    for await (const part of answer) got += (part as Buffer).length;
    await finished.passed;
    expect(got).toBe(total + Buffer.byteLength('data: [DONE]\n\n'));
    expect(most).toBeLessThan(4 * MIB);
  });

  it.each([true, false])('tells the engine when the client leaves before any answer (stream: %s)', async (stream) => {
    engine.answerWith(silence);
    const leave = new AbortController();
    const arrived = engine.nextChat();
    const asked = open(gateway, { body: { ...CHAT, stream }, signal: leave.signal });
    const exchange = await arrived;
    leave.abort();
    await expect(asked).rejects.toThrow();
    expect(await exchange.ended).toBe('cut');
  });

  it('tells the engine when the client leaves in the middle of a stream', async () => {
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(chatEvent('one'));
    });
    const answer = await open(gateway, STREAM);
    await once(answer, 'data');
    answer.destroy();
    expect(await engine.lastChat.ended).toBe('cut');
  });

  it('goes on serving after clients that left', async () => {
    engine.answerWith(streamAnswer(['a', 'b']));
    const events = await collectSse(await open(gateway, STREAM));
    expect(events.map((event) => event.data).at(-1)).toBe('[DONE]');
    expect(events).toHaveLength(3);
  });

  it('ends a stream whose engine died with an error event', async () => {
    engine.answerWith(streamThenCut(chatEvent('one')));
    const answer = await ask(gateway, STREAM);
    expect(answer.status).toBe(200);
    const events = await collectSse([answer.text]);
    expect(events[0]!.data).toContain('one');
    expect(JSON.parse(events.at(-1)!.data)).toEqual({
      error: {
        code: 'backend_unavailable',
        message: 'The connection to the inference engine broke in the middle of the answer. Try again.',
        type: 'server_error',
        param: null,
      },
    });
    expect(events).toHaveLength(2);
  });

  it('keeps the error event apart from half an event before it', async () => {
    engine.answerWith(streamThenCut(`${chatEvent('one')}data: {"id":"chatc`));
    const answer = await ask(gateway, STREAM);
    const events = await collectSse([answer.text]);
    expect(events.map((event) => event.data)).toEqual([
      expect.stringContaining('one'),
      '{"id":"chatc',
      expect.stringContaining('backend_unavailable'),
    ]);
  });

  it('passes an error event of the engine on and ends the stream', async () => {
    const error =
      'data: {"error":{"code":"backend_unavailable","message":"gone","type":"server_error","param":null}}\n\n';
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(chatEvent('one'));
      res.end(error);
    });
    const answer = await ask(gateway, STREAM);
    expect(answer.text).toBe(chatEvent('one') + error);
  });

  it('ends a stream that went silent with an error event', async () => {
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(chatEvent('one'));
    });
    const answer = await ask(gateway, STREAM);
    const events = await collectSse([answer.text]);
    expect(JSON.parse(events.at(-1)!.data)).toMatchObject({
      error: { code: 'inference_timeout', type: 'server_error' },
    });
    expect(await engine.lastChat.ended).toBe('cut');
  });

  it('answers 504 when the engine does not even open the stream', async () => {
    engine.answerWith(silence);
    const answer = await ask(gateway, STREAM);
    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ error: { code: 'inference_timeout', type: 'server_error', param: null } });
    expect(await engine.lastChat.ended).toBe('cut');
  });
});
