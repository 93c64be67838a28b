import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { invalidRequest } from '@local-llm-agent/contracts';
import { isMissing, unwritable } from './models-dir.error.js';

/** A file that nobody has made a model of goes after this time. */
const UNUSED_MS = 24 * 3600 * 1000;

/** Files that were uploaded and are not models yet, named by their SHA-256. */
export class BlobStore {
  /** @param folder on the file system of the models, so that a blob becomes a model without being copied */
  constructor(private readonly folder: string) {}

  /** Where the blob is, or will be. */
  pathOf(digest: string): string {
    return join(this.folder, digest.replace(':', '-'));
  }

  /** Whether it is there. */
  async has(digest: string): Promise<boolean> {
    try {
      return (await stat(this.pathOf(digest))).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw unwritable(error);
    }
  }

  /** Writes it while it comes, no faster than the disk takes it; false when it was there. Throws a 400 for other bytes. */
  async add(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean> {
    if (await this.has(digest)) {
      bytes.resume();
      return false;
    }
    const partial = join(this.folder, `partial-${randomUUID()}`);
    try {
      await mkdir(this.folder, { recursive: true });
      await this.removeUnused();
      const hash = createHash('sha256');
      const observed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        for await (const part of source) {
          hash.update(part);
          yield part;
        }
      };
      await pipeline(bytes, observed, createWriteStream(partial, { flags: 'wx' }), { signal });
      const got = `sha256:${hash.digest('hex')}`;
      if (got !== digest.replace('-', ':'))
        throw invalidRequest(`digest mismatch, expected "${digest}", got "${got}". Send the file again.`, {
          param: 'digest',
        });
      await rename(partial, this.pathOf(digest));
      return true;
    } catch (error) {
      signal.throwIfAborted();
      throw unwritable(error);
    } finally {
      await rm(partial, { force: true });
    }
  }

  private async removeUnused(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > UNUSED_MS) await rm(path, { force: true });
    }
  }
}
