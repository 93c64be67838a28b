import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { progressBar } from './progress.mjs';

/**
 * @typedef {object} Download
 * @property {string} url
 * @property {string} part the file that grows; left in place when the connection breaks, so that the next try goes on
 * @property {number} size
 * @property {string} sha256
 * @property {string} label for the progress bar
 * @property {(line: string) => void} say
 * @property {Partial<typeof LIMITS>} [limits]
 */

const LIMITS = {
  /** Longest wait for the head of an answer. */
  connectMs: 5_000,
  /** Longest silence while bytes flow. */
  stallMs: 20_000,
  /** Tries in a row that bring nothing. */
  triesWithoutProgress: 4,
  retryMs: 1_000,
};
const MOST_REDIRECTS = 6;
const MOST_TRIES = 100;

/** Raised when another try cannot help. */
class Refused extends Error {}

function sizeOf(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The SHA-256 of a file, in hexadecimal. */
export async function fileSha256(file) {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** The hub names the checksum of a large file before it sends the file: a changed file is refused early. */
function checkAnnounced(headers, { sha256, size }) {
  const announced = headers.get('x-linked-etag')?.replace(/^W\//, '').replaceAll('"', '');
  if (announced && /^[0-9a-f]{64}$/.test(announced) && announced !== sha256) {
    throw new Refused(`the hub has another file there (sha256 ${announced})`);
  }
  const length = headers.get('x-linked-size');
  if (length && Number(length) !== size) throw new Refused(`the hub has another file there (${length} bytes)`);
}

/** Follows redirects by hand, because only the first answer carries the hub's own headers. */
async function open(download, offset, controller, limits) {
  let url = new URL(download.url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const timer = setTimeout(() => {
      controller.abort(new Error(`no answer from ${url.host} within ${limits.connectMs / 1000} s`));
    }, limits.connectMs);
    let response;
    try {
      response = await fetch(url, {
        redirect: 'manual',
        signal: controller.signal,
        headers: { 'accept-encoding': 'identity', ...(offset > 0 && { range: `bytes=${offset}-` }) },
      });
    } catch (error) {
      throw new Error(`${url.host}: ${error.cause?.code ?? error.cause?.message ?? error.message}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
    checkAnnounced(response.headers, download);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location) return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw new Refused(`more than ${MOST_REDIRECTS} redirects`);
}

/** Where in the file the answer starts. */
async function startOf(response, offset, download) {
  const { status, headers } = response;
  if (status === 206) {
    if (headers.get('content-range') === `bytes ${offset}-${download.size - 1}/${download.size}`) return offset;
    await response.body?.cancel();
    fs.rmSync(download.part, { force: true });
    throw new Error(`another range was sent than asked for (${headers.get('content-range')})`);
  }
  if (status === 200) {
    const length = headers.get('content-length');
    if (length === null || Number(length) === download.size) return 0;
    await response.body?.cancel();
    throw new Refused(`the file there has ${length} bytes and not ${download.size}`);
  }
  await response.body?.cancel();
  if (status === 416) {
    fs.rmSync(download.part, { force: true });
    throw new Error('the rest of the file was refused (416)');
  }
  const message = `the answer was ${status}`;
  throw status >= 500 || status === 429 || status === 408 ? new Error(message) : new Refused(message);
}

/** Gets the bytes that are still missing. */
async function fetchRest(download, limits) {
  const { part, size, label, say } = download;
  if (sizeOf(part) > size) fs.rmSync(part);
  const offset = sizeOf(part);
  if (offset === size) return;
  const controller = new AbortController();
  const response = await open(download, offset, controller, limits);
  let done = await startOf(response, offset, download);
  const stall = setTimeout(
    () => controller.abort(new Error(`no bytes for ${limits.stallMs / 1000} s`)),
    limits.stallMs,
  );
  const bar = progressBar(label, size, say);
  const meter = new Transform({
    transform(chunk, _encoding, next) {
      stall.refresh();
      done += chunk.length;
      bar.at(done);
      next(done > size ? new Refused(`more than ${size} bytes were sent`) : null, chunk);
    },
  });
  try {
    const file = fs.createWriteStream(part, { flags: done > 0 ? 'a' : 'w' });
    await pipeline(Readable.fromWeb(response.body), meter, file, { signal: controller.signal });
  } catch (error) {
    if (error instanceof Refused) fs.rmSync(part, { force: true });
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(stall);
    bar.end();
  }
  if (sizeOf(part) !== size) throw new Error(`the connection ended at ${sizeOf(part)} of ${size} bytes`);
}

async function fetchAll(download, limits) {
  let useless = 0;
  for (let attempt = 1; ; attempt += 1) {
    const before = sizeOf(download.part);
    try {
      return await fetchRest(download, limits);
    } catch (error) {
      const got = sizeOf(download.part);
      useless = got === before ? useless + 1 : 0;
      // A server that gives nothing at the first try will hardly do better in a second: there may be another source.
      const hopeless =
        (attempt === 1 && got === before) || useless >= limits.triesWithoutProgress || attempt >= MOST_TRIES;
      if (error instanceof Refused || error.code === 'ENOSPC' || hopeless) throw error;
      download.say(`${download.label}: ${error.message}; going on at ${(got / 1e6).toFixed(1)} MB`);
      await sleep(limits.retryMs);
    }
  }
}

/**
 * Downloads a file of known size and checksum. Goes on where an earlier try ended. Throws with the reason when the file
 * cannot be had; afterwards `part` is either the whole, checked file or a true beginning of it.
 * @param {Download} download
 */
export async function downloadFile(download) {
  const limits = { ...LIMITS, ...download.limits };
  fs.mkdirSync(path.dirname(download.part), { recursive: true });
  const resumed = sizeOf(download.part) > 0;
  await fetchAll(download, limits);
  if ((await fileSha256(download.part)) === download.sha256) return;
  fs.rmSync(download.part, { force: true });
  if (!resumed) throw new Error('the file has a wrong checksum and was thrown away');
  download.say(`${download.label}: the continued file has a wrong checksum; starting over`);
  await fetchAll(download, limits);
  if ((await fileSha256(download.part)) === download.sha256) return;
  fs.rmSync(download.part, { force: true });
  throw new Error('the file has a wrong checksum and was thrown away');
}
