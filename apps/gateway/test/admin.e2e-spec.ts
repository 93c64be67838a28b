import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ModelResidence } from '@local-llm-agent/contracts';
import {
  FakeEngine,
  collectSse,
  errorAnswer,
  readSse,
  type EngineExchange,
  type EngineScript,
} from '@local-llm-agent/testing';
import { AccessService } from '../src/admission/access.service.js';
import { anonymousCaller } from '../src/admission/caller.types.js';
import { ask, open, startGateway, type RunningGateway } from './gateway.harness.js';

const OURS = ['/admin/residency', '/admin/timeline', '/admin/events', '/admin/models'];
const CHANGES = ['load', 'unload', 'pin', 'unpin'];

describe('the admin routes', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let seen: EngineExchange[] = [];

  /** From now on changes of what is in memory are answered by this script. */
  const play = (script: EngineScript): void => {
    const noted: EngineScript = (exchange) => {
      seen.push(exchange);
      return script(exchange);
    };
    engine.answerWith(noted);
    engine.manage = noted;
  };
  const json =
    (body: object): EngineScript =>
    ({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  const post = (path: string): ReturnType<typeof ask> => ask(gateway, { method: 'POST', path });

  beforeAll(async () => {
    engine = await FakeEngine.start();
  });
  beforeEach(async () => {
    seen = [];
    gateway = await startGateway(engine.url, { settings: { HEARTBEAT_SECONDS: 1 } });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.stop();
  });
  afterAll(async () => {
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it('show what the engine says of itself, under the id of the request', async () => {
    const answer = await ask(gateway, { path: '/admin/residency', headers: { 'x-request-id': 'look-1' } });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.json()).toEqual(engine.status);
    expect(engine.controlIds.at(-1)).toBe('look-1');
  });

  it('show what the models in memory did, and only news to those who say what they know', async () => {
    expect((await ask(gateway, { path: '/admin/timeline' })).json()).toEqual(engine.timeline);
    expect(engine.controlUrls.at(-1)).toBe('/status/timeline');
    await ask(gateway, { path: '/admin/timeline?since=2026-01-20T11:30:00%2B01:00' });
    expect(engine.controlUrls.at(-1)).toBe('/status/timeline?since=2026-01-20T10:30:00.000Z');
  });

  it.each(['yesterday', '2026-01-20', '2026-13-40T00:00:00Z', '', '1&since=2'])(
    'refuse the time %p as a start of the timeline',
    async (since) => {
      const answer = await ask(gateway, { path: `/admin/timeline?since=${since}` });
      expect([answer.status, answer.json()]).toMatchObject([
        400,
        { error: { code: 'invalid_request', param: 'since', message: expect.stringContaining('2026-01-20T10:30') } },
      ]);
    },
  );

  it('show what each model would take, as the engine says', async () => {
    play(json({ models: [] }));
    const answer = await ask(gateway, { path: '/admin/models' });
    expect([answer.status, answer.json(), seen.at(-1)!.path]).toEqual([200, { models: [] }, '/models/plans']);
  });

  it.each([
    ['gpt-oss:20b', 'gpt-oss:20b'],
    ['gpt-oss%3A20b', 'gpt-oss:20b'],
    ['hf.co/team/model:Q4', 'hf.co/team/model:Q4'],
    ['hf.co%2Fteam%2Fmodel:Q4', 'hf.co/team/model:Q4'],
    ['load/unload', 'load/unload'],
  ])('take the id %s', async (id, model) => {
    for (const change of CHANGES) {
      play(json({ model, state: 'loaded', ms: 1 }));
      const answer = await post(`/admin/models/${id}/${change}`);
      expect([answer.status, answer.json()]).toEqual([200, { model, state: 'loaded', ms: 1 }]);
      const { path, body } = seen.at(-1)!;
      expect([path, JSON.parse(body.toString('utf8'))]).toEqual([`/models/${change}`, { model }]);
    }
  });

  it.each([
    ['GET', '/admin/models/gemma3/load', 405, 'POST'],
    ['POST', '/admin/models/gemma3/explode', 404, undefined],
    ['POST', '/admin/models/load', 404, undefined],
    ['POST', '/admin/residency', 405, 'GET'],
  ])('answer %s %s with %i', async (method, path, status, allow) => {
    const answer = await ask(gateway, { method, path });
    expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
    expect(answer.json()).toHaveProperty('error.type', 'invalid_request_error');
  });

  it('tell a broken id as a 400', async () => {
    const answer = await post('/admin/models/%E0%A4%A/load');
    expect([answer.status, answer.json()]).toMatchObject([400, { error: { code: 'invalid_request' } }]);
  });

  it('pass errors of the engine on, in the shape of OpenAI', async () => {
    const error = { code: 'model_not_found', message: 'no x', type: 'invalid_request_error', param: 'model' } as const;
    play(errorAnswer(404, { error }));
    for (const change of CHANGES) {
      const answer = await post(`/admin/models/x/${change}`);
      expect([answer.status, answer.json()]).toEqual([404, { error }]);
    }
    const { status } = engine;
    engine.status = undefined;
    const answer = await ask(gateway, { path: '/admin/residency' });
    engine.status = status;
    expect([answer.status, answer.json()]).toMatchObject([503, { error: { code: 'backend_unavailable' } }]);
  });

  it('refuse to unload a pinned model, and say how to', async () => {
    const residence: ModelResidence = { model: 'hf.co/a/b:Q4', state: 'pinned', ms: 1 };
    play(json(residence));
    const answer = await post('/admin/models/hf.co/a/b:Q4/unload');
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        error: {
          code: 'invalid_request',
          message:
            "The model 'hf.co/a/b:Q4' is pinned: it stays in memory. To unload it, POST /admin/models/hf.co%2Fa%2Fb%3AQ4/unpin first.",
          type: 'invalid_request_error',
          param: 'id',
        },
      },
    ]);
  });

  it('end the wait for a load when its operator leaves', async () => {
    const abort = new AbortController();
    let arrived = (): void => undefined;
    const there = new Promise<void>((resolve) => (arrived = resolve));
    play(() => {
      arrived();
    });
    const answer = ask(gateway, { method: 'POST', path: '/admin/models/gemma3/load', signal: abort.signal });
    await there;
    abort.abort();
    await expect(answer).rejects.toThrow();
    expect(await seen[0]!.ended).toBe('cut');
  });

  it('are for admins only, as is every change of models by the Ollama API', async () => {
    jest.spyOn(AccessService.prototype, 'callerOf').mockReturnValue({ ...anonymousCaller('key-1'), role: 'inference' });
    play(json({}));
    const digest = `sha256:${'0'.repeat(64)}`;
    const posts = [
      ...CHANGES.map((change) => `/admin/models/gemma3/${change}`),
      ...['pull', 'push', 'create', 'copy', `blobs/${digest}`].map((name) => `/api/${name}`),
    ];
    const answers = await Promise.all([
      ...OURS.map((path) => ask(gateway, { path })),
      ...posts.map((path) => ask(gateway, { path, body: { model: 'a', source: 'a', destination: 'b' } })),
      ask(gateway, { method: 'DELETE', path: '/api/delete', body: '{}', headers: { 'content-length': '2' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
    const message = 'This changes the system or looks into it: it needs a key of the role admin.';
    expect(answers[0].json()).toEqual({
      error: { code: 'permission_denied', message, type: 'authentication_error', param: null },
    });
    expect(answers.at(-1)!.json()).toEqual({ error: message });
    expect(seen).toEqual([]);
    engine.manage = json({ models: [] });
    expect((await ask(gateway, { path: '/api/tags' })).status).toBe(200);
  });

  describe('stream of events', () => {
    it('tells the state at once, then only what changes, and lives on with heartbeats', async () => {
      const stream = await open(gateway, { path: '/admin/events' });
      expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
      const parts = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
      let raw = '';
      const until = async (text: string): Promise<void> => {
        while (!raw.includes(text)) raw += String((await parts.next()).value);
      };
      await until('\n: nothing has changed\n');
      const later = { ...engine.status!, running: 3, time: '2026-01-20T10:30:07.000Z' };
      engine.status = { ...engine.status!, time: '2026-01-20T10:30:05.000Z' };
      await until('\n: nothing has changed\n\n: nothing has changed\n');
      const first = engine.status;
      engine.status = later;
      await until('"running":3');
      const told = (await collectSse([raw])).map(({ event, data }) => [event, JSON.parse(data) as unknown]);
      expect(told).toEqual([
        ['status', { ...first, time: '2026-01-20T10:30:00.000Z' }],
        ['status', later],
      ]);
      stream.destroy();
    });

    it('asks the engine once for all that listen, and not at all when nobody does', async () => {
      const looks = (): number => engine.controlIds.filter((id) => id === 'status-feed').length;
      const before = looks();
      const streams = await Promise.all(Array.from({ length: 5 }, () => open(gateway, { path: '/admin/events' })));
      const firsts = await Promise.all(streams.map(async (stream) => (await readSse(stream).next()).value!.event));
      expect(firsts).toEqual(firsts.map(() => 'status'));
      expect(looks() - before).toBeLessThan(streams.length);
      for (const stream of streams) stream.destroy();
      await wait(1500);
      const left = looks();
      await wait(1500);
      expect(looks()).toBe(left);
    });

    it('says that the engine is gone, and shows it when it is back', async () => {
      const { status } = engine;
      engine.status = undefined;
      const stream = await open(gateway, { path: '/admin/events' });
      const events = readSse(stream);
      const gone = (await events.next()).value!;
      expect([gone.event, JSON.parse(gone.data)]).toMatchObject([
        'unavailable',
        { error: { code: 'backend_unavailable' } },
      ]);
      engine.status = status;
      expect((await events.next()).value!.event).toBe('status');
      stream.destroy();
    });

    it('is refused when a hundred listen already', async () => {
      const streams = await Promise.all(Array.from({ length: 100 }, () => open(gateway, { path: '/admin/events' })));
      expect(streams.map(({ statusCode }) => statusCode)).toEqual(streams.map(() => 200));
      const answer = await ask(gateway, { path: '/admin/events' });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '10']);
      for (const stream of streams) stream.destroy();
    });

    it('ends when the gateway shuts down', async () => {
      const stream = await open(gateway, { path: '/admin/events' });
      gateway.edge.drain();
      let text = '';
      for await (const part of stream) text += String(part);
      expect(text).toContain('event: status');
    });
  });
});
