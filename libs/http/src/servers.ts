import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Exit code for a configuration that cannot work: a supervisor must not start the process again (EX_CONFIG). */
export const EXIT_CONFIG = 78;

/** Longest time a client has for the head of a request. */
const HEAD_TIMEOUT_MS = 30_000;
/** Most bytes of all headers of a request. */
const MOST_HEADER_BYTES = 16 * 1024;

/** Raised when an address cannot be listened on; the message says which setting to change. */
export class ListenError extends Error {
  constructor(host: string, port: number, setting: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException).code;
    const rest =
      code === 'EADDRINUSE'
        ? `another program uses it. Stop that program or set ${setting} to another port`
        : `${code ?? String(cause)}. Set ${setting} or the host to an address that this user may listen on`;
    super(`Cannot listen on ${host}:${port}: ${rest}.`, { cause });
    this.name = 'ListenError';
  }
}

/** A head that Node's parser refused never reaches a route; this gives it the OpenAI error shape as well. */
function refuseHead(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const known: Readonly<Record<string, [string, string]>> = {
    HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
    ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
  };
  const [status, message] = known[error.code ?? ''] ?? ['400 Bad Request', 'The request is not valid HTTP.'];
  const body = JSON.stringify({
    error: { code: 'invalid_request', message, type: 'invalid_request_error', param: null },
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Listens on every port with the same listener. Rejects with a {@link ListenError}, and then listens on none. */
export async function listenAll(
  listener: RequestListener,
  options: { host: string; ports: readonly number[]; setting: string },
): Promise<Server[]> {
  const servers: Server[] = [];
  for (const port of options.ports) {
    const server = createServer(
      {
        headersTimeout: HEAD_TIMEOUT_MS,
        requestTimeout: 0,
        keepAliveTimeout: 75_000,
        maxHeaderSize: MOST_HEADER_BYTES,
        noDelay: true,
      },
      listener,
    );
    server.on('clientError', refuseHead);
    servers.push(server);
    try {
      server.listen(port, options.host);
      await once(server, 'listening');
    } catch (cause) {
      for (const open of servers) if (open.listening) open.close();
      throw new ListenError(options.host, port, options.setting, cause);
    }
  }
  return servers;
}

/** Time that requests have to send their error when the grace period is over. */
const LAST_WORDS_MS = 500;

/**
 * Closes the servers: no new connections, idle ones end, running requests have the grace period. When it is over
 * `stopRunning` may end them in good order; connections that are open a moment later are cut.
 */
export async function closeAll(servers: readonly Server[], graceMs: number, stopRunning?: () => void): Promise<void> {
  const over = setTimeout(() => stopRunning?.(), graceMs);
  await Promise.all(
    servers.map(async (server) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      // A connection that was busy a moment ago becomes idle without telling: ask again.
      const sweep = setInterval(() => {
        server.closeIdleConnections();
      }, 100);
      const cut = setTimeout(
        () => {
          server.closeAllConnections();
        },
        graceMs + (stopRunning ? LAST_WORDS_MS : 0),
      );
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    }),
  );
  clearTimeout(over);
}
