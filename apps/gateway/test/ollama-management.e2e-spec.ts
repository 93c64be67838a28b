import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, freePort, type EngineExchange, type EngineScript } from '@local-llm-agent/testing';
import { ask, open, startGateway, type RunningGateway } from './gateway.harness.js';

const DIGEST = `sha256:${createHash('sha256').update('GGUF').digest('hex')}`;

describe('models by the Ollama API', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let seen: EngineExchange[] = [];

  /** From now on the engine's management is this script. */
  const play = (script: EngineScript): void => {
    engine.manage = (exchange) => {
      seen.push(exchange);
      return script(exchange);
    };
  };
  const steps =
    (...lines: object[]): EngineScript =>
    ({ res }) => {
      res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      for (const line of lines) res.write(`${JSON.stringify(line)}\n`);
      res.end();
    };
  const done: EngineScript = ({ res }) => {
    res.writeHead(200).end();
  };

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { MAX_MODEL_BYTES: 1000 } });
  });
  beforeEach(() => {
    seen = [];
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it('has a heartbeat and a version without the engine', async () => {
    const lonely = await startGateway(`http://127.0.0.1:${await freePort()}`);
    for (const accept of ['*/*', 'text/event-stream', 'text/html']) {
      const alive = await ask(lonely, { method: 'HEAD', path: '/', headers: { accept } });
      expect([alive.status, alive.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    }
    expect((await ask(lonely, { path: '/api/version' })).json()).toEqual({ version: '0.24.0' });
    await lonely.stop();
  });

  it.each([
    ['/api/tags', '/models/tags'],
    ['/api/ps', '/models/running'],
  ])('passes %s on', async (path, engines) => {
    play(({ res }) => {
      res.end('{"models":[]}');
    });
    expect((await ask(gateway, { path })).json()).toEqual({ models: [] });
    expect(seen.map((exchange) => exchange.path)).toEqual([engines]);
  });

  it('passes the steps of a pull on as they come', async () => {
    const lines = [{ status: 'pulling manifest' }, { status: 'pulling', digest: 'd', total: 2, completed: 1 }];
    play(steps(...lines));
    const answer = await ask(gateway, { path: '/api/pull', body: { name: 'gemma3:latest' } });
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(answer.text).toBe(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(JSON.parse(seen[0]!.body.toString('utf8'))).toMatchObject({ model: 'gemma3:latest' });
  });

  it('gives only the last step without a stream', async () => {
    play(steps({ status: 'pulling manifest' }, { status: 'success' }));
    const answer = await ask(gateway, { path: '/api/pull', body: { model: 'x', stream: false } });
    expect(answer.text).toBe('{"status":"success"}');
  });

  it('tells a failure in the middle as a line, or as the answer without a stream', async () => {
    const error = { code: 'backend_unavailable', message: 'no disk', type: 'server_error', param: null };
    play(steps({ status: 'pulling manifest' }, { error }));
    const stream = await ask(gateway, { path: '/api/pull', body: { model: 'x' } });
    expect(stream.text.split('\n')[1]).toBe('{"error":"no disk"}');
    const plain = await ask(gateway, { path: '/api/pull', body: { model: 'x', stream: false } });
    expect([plain.status, plain.text]).toEqual([502, '{"error":"no disk"}']);
  });

  it('stops a pull when its client leaves', async () => {
    const left = new Promise<string>((resolve) => {
      play(({ res, ended }) => {
        res.writeHead(200).write('{"status":"pulling"}\n');
        void ended.then(resolve);
      });
    });
    const answer = await open(gateway, { path: '/api/pull', body: { model: 'x' } });
    answer.destroy();
    expect(await left).toBe('cut');
  });

  it.each([
    ['POST', '/api/copy', { source: 'a', destination: 'b' }, '/models/copy'],
    ['DELETE', '/api/delete', { name: 'a' }, '/models/delete'],
  ])('%s %s says no more than that it is done', async (method, path, body, engines) => {
    play(done);
    const headers = { 'content-length': String(JSON.stringify(body).length) };
    const answer = await ask(gateway, { method, path, body, headers });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(seen.map((exchange) => exchange.path)).toEqual([engines]);
  });

  it.each([
    ['no model', '/api/show', {}, 'model'],
    ['a name that leads out of the folder', '/api/copy', { source: 'a', destination: '../b' }, 'destination'],
    ['a hidden name', '/api/create', { model: '.x', from: 'a' }, 'model'],
    ['a file outside', '/api/create', { model: 'x', files: { '../a': DIGEST } }, 'files'],
    ['a digest that is none', '/api/create', { model: 'x', files: { a: 'sha256:1' } }, 'files'],
  ])('refuses %s', async (_, path, body, word) => {
    play(done);
    const answer = await ask(gateway, { path, body });
    expect([answer.status, answer.json()]).toEqual([400, { error: expect.stringContaining(word) }]);
    expect(seen).toEqual([]);
  });

  it('carries a blob to the engine and gives its status back', async () => {
    play(({ res }) => {
      res.writeHead(201).end();
    });
    const answer = await ask(gateway, { path: `/api/blobs/${DIGEST}`, body: 'GGUF' });
    expect(answer.status).toBe(201);
    expect(seen[0]!.path).toBe(`/models/blobs/${encodeURIComponent(DIGEST)}`);
    expect(seen[0]!.body.toString()).toBe('GGUF');
  });

  it('says whether a blob is there', async () => {
    play(done);
    expect((await ask(gateway, { method: 'HEAD', path: `/api/blobs/${DIGEST}` })).status).toBe(200);
    play(({ res }) => {
      res.writeHead(404).end();
    });
    expect((await ask(gateway, { method: 'HEAD', path: `/api/blobs/${DIGEST}` })).status).toBe(404);
  });

  it('refuses a blob over the limit, and a digest that is none', async () => {
    play(done);
    const large = await ask(gateway, {
      path: `/api/blobs/${DIGEST}`,
      body: 'x'.repeat(1001),
      headers: { 'content-length': '1001' },
    });
    expect([large.status, large.json()]).toEqual([413, { error: expect.stringContaining('MAX_MODEL_BYTES') }]);
    expect((await ask(gateway, { method: 'HEAD', path: '/api/blobs/x' })).status).toBe(400);
    expect(seen).toEqual([]);
  });

  it("lets the client read the engine's refusal of an upload", async () => {
    const error = { code: 'request_too_large', message: 'too large', type: 'invalid_request_error', param: null };
    play(({ res }) => {
      res.writeHead(413, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const status = await new Promise<number>((resolve, reject) => {
      const req = request(
        { host: '127.0.0.1', port: gateway.port, method: 'POST', path: `/api/blobs/${DIGEST}` },
        (res) => {
          res.resume();
          resolve(res.statusCode ?? 0);
        },
      );
      req.on('error', reject);
      req.end('some bytes');
    });
    expect(status).toBe(413);
  });

  it('says that what Ollama asks of its cloud is not here', async () => {
    const answer = await ask(gateway, { method: 'POST', path: '/api/me' });
    expect([answer.status, answer.json()]).toEqual([404, { error: expect.stringContaining('/api/me') }]);
  });
});
