import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { acceptedEncoding, typeOf, type PageEncoding } from './page.policy.js';

/** Where the build of apps/web-ui is, seen from here: the same in the sources and in dist. */
const BUILT = fileURLToPath(new URL('../../../web-ui/dist/', import.meta.url));
/** Names of the files carry a hash of what is in them. */
const CACHED = 'public,max-age=31536000,immutable';
const ENDING = { br: '.br', gzip: '.gz' } as const;

/** A file as it is sent, and compressed where that is shorter. */
interface PageFile {
  readonly type: string;
  readonly tag: string;
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

function readFiles(folder: string): ReadonlyMap<string, PageFile> {
  const names = readdirSync(folder);
  const compressed = (name: string, encoding: PageEncoding): Buffer | undefined => {
    const file = name + ENDING[encoding];
    return names.includes(file) ? readFileSync(path.join(folder, file)) : undefined;
  };
  const read = names.flatMap((name): [string, PageFile][] => {
    const type = typeOf(name);
    if (type === undefined) return [];
    const plain = readFileSync(path.join(folder, name));
    const tag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"`;
    return [[name, { type, tag, plain, br: compressed(name, 'br'), gzip: compressed(name, 'gzip') }]];
  });
  return new Map(read);
}

/**
 * The built page: its document, and the files that it asks for. All of it is read once, 3 MB: a build that takes the place
 * of another one on the disk must not leave half of a page, and old pages fetch views from here that the disk has no more.
 */
export class PageFiles {
  private constructor(
    /** The document, with a placeholder for the nonce. */
    readonly document: string,
    private readonly files: ReadonlyMap<string, PageFile>,
  ) {}

  /** Reads the page; undefined when it was not built. */
  static open(folder: string = BUILT): PageFiles | undefined {
    const file = path.join(folder, 'index.html');
    if (!existsSync(file)) return undefined;
    return new PageFiles(readFileSync(file, 'utf8'), readFiles(path.join(folder, 'assets')));
  }

  /** Sends a file of the page, compressed where the client takes that; false when there is none of this name. */
  send(name: string, req: IncomingMessage, res: ServerResponse): boolean {
    const file = this.files.get(name);
    if (!file) return false;
    res.setHeader('cache-control', CACHED);
    res.setHeader('etag', file.tag);
    res.setHeader('vary', 'accept-encoding');
    if (req.headers['if-none-match'] === file.tag) {
      res.writeHead(304).end();
      return true;
    }
    const encoding = acceptedEncoding(req.headers['accept-encoding'], (each) => file[each] !== undefined);
    const body = (encoding && file[encoding]) ?? file.plain;
    res.writeHead(200, {
      'content-type': file.type,
      'content-length': body.length,
      ...(encoding && { 'content-encoding': encoding }),
    });
    res.end(req.method === 'HEAD' ? undefined : body);
    return true;
  }
}
