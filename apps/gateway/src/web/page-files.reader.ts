import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

/** Where the build of apps/web-ui is, seen from here: the same in the sources and in dist. */
const BUILT = fileURLToPath(new URL('../../../web-ui/dist/', import.meta.url));
/** Names of the files carry a hash of what is in them. */
const ONE_YEAR_SECONDS = 31_536_000;

type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** The built page: its document, and the files that it asks for. */
export class PageFiles {
  private constructor(
    /** The document, with a placeholder for the nonce. */
    readonly document: string,
    /** Sends a file below /assets, compressed where the client takes that; calls `next` when there is none. */
    readonly send: Handler,
  ) {}

  /** Reads the page; undefined when it was not built. */
  static open(folder: string = BUILT): PageFiles | undefined {
    const file = path.join(folder, 'index.html');
    if (!existsSync(file)) return undefined;
    const send = sirv(folder, { brotli: true, gzip: true, immutable: true, maxAge: ONE_YEAR_SECONDS, etag: true });
    return new PageFiles(readFileSync(file, 'utf8'), send);
  }
}
