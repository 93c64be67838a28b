import type { IncomingHttpHeaders } from 'node:http';
import { invalidRequest } from '@local-llm-agent/contracts';
import { countHosts, hostOf } from './host.policy.js';

/** A request as its head tells it. */
export interface RequestHead {
  readonly method?: string | undefined;
  /** What stands in the request line. */
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'transfer-encoding'>;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** The target of a request, in one form. */
export interface RequestTarget {
  /** Path and query. */
  readonly url: string;
  /** Undefined where HTTP/1.0 says none. */
  readonly host: string | undefined;
}

/** A whole address, as clients send it to proxies. It goes before `Host` (RFC 9112, 3.2.2). */
const WHOLE = /^https?:\/\/([^/?]+)(\/[^]*|\?[^]*|)$/i;

function parseTarget({ method, url = '/', headers }: RequestHead): RequestTarget {
  const [, authority, path = ''] = WHOLE.exec(url) ?? [];
  const local = authority === undefined ? url : path.startsWith('/') ? path : `/${path}`;
  const isPath = local.startsWith('/') && !local.includes('#');
  if (!isPath && !(method === 'OPTIONS' && url === '*'))
    throw invalidRequest('The request line has no path in it.', { param: 'path' });
  return { url: local, host: authority ?? headers.host };
}

function checkHost(host: string | undefined, { httpVersion, rawHeaders }: RequestHead): void {
  const param = 'Host';
  if (host === undefined) {
    if (httpVersion === '1.1') throw invalidRequest('The header Host is missing.', { param });
    return;
  }
  if (countHosts(rawHeaders) > 1) throw invalidRequest('The header Host came twice.', { param });
  if (hostOf(host) === undefined) throw invalidRequest('The header Host is no host with a port.', { param });
}

/**
 * The target of a request whose head can be read in one way only. Node's parser has refused most of the others; what it
 * lets pass, and a server in front of us may read as something else, is a 400 here:
 * 1. Versions that are not HTTP/1.0 and 1.1: their messages may be framed otherwise.
 * 2. Transfer encodings besides `chunked`, alone and once (RFC 9112, 6.1).
 * 3. Targets that are neither a path nor a whole address.
 * 4. Other than one Host that can be read (RFC 9112, 3.2).
 */
export function parseRequestHead(head: RequestHead): RequestTarget {
  // 1.
  if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0')
    throw invalidRequest('HTTP/1.1 is spoken here, and no other version.');
  // 2.
  const encoding = head.headers['transfer-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'chunked')
    throw invalidRequest('Of transfer encodings there is chunked alone.', { param: 'Transfer-Encoding' });
  // 3.
  const target = parseTarget(head);
  // 4.
  checkHost(target.host, head);
  return target;
}
