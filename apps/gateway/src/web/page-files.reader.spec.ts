import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PageFiles } from './page-files.reader.js';

const SCRIPT = 'console.log("page")';

describe('the files of the page', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'page-files-'));
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(path.join(folder, 'assets/a.js'), SCRIPT);
    writeFileSync(path.join(folder, 'assets/a.js.br'), brotliCompressSync(SCRIPT));
    writeFileSync(path.join(folder, 'assets/a.js.gz'), gzipSync(SCRIPT));
    writeFileSync(path.join(folder, 'assets/icon.svg'), '<svg/>');
    const files = PageFiles.open(folder);
    // As when another build takes the place of the one that runs.
    rmSync(folder, { recursive: true });
    server = createServer((req, res) => {
      if (files?.send(req.url?.slice(1) ?? '', req, res) !== true) res.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('are there after they have gone from the disk', async () => {
    const answer = await fetch(`${origin}/a.js`);
    expect([answer.status, await answer.text()]).toEqual([200, SCRIPT]);
  });

  it.each([
    ['gzip, br', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['zstd', null],
    ['identity', null],
  ])('to a client that takes %s are sent in %s', async (accepted, encoding) => {
    const answer = await fetch(`${origin}/a.js`, { headers: { 'accept-encoding': accepted } });
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('vary')).toBe('accept-encoding');
    expect(await answer.text()).toBe(SCRIPT);
  });

  it('are sent as they are where there is nothing shorter, without a body to HEAD, and not again to who has them', async () => {
    const icon = await fetch(`${origin}/icon.svg`);
    expect([await icon.text(), icon.headers.get('content-type')]).toEqual(['<svg/>', 'image/svg+xml']);
    const head = await fetch(`${origin}/icon.svg`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '6', '']);
    const again = await fetch(`${origin}/icon.svg`, { headers: { 'if-none-match': icon.headers.get('etag') ?? '' } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it.each(['b.js', 'a.js.br', '../index.html', '..%2findex.html', ''])('are no others: not %j', async (name) => {
    expect((await fetch(`${origin}/${name}`)).status).toBe(404);
  });
});

describe('a page that was not built', () => {
  it('is none', () => {
    expect(PageFiles.open(path.join(tmpdir(), 'no-such-folder'))).toBeUndefined();
  });
});
