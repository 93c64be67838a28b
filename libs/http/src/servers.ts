import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@local-llm-agent/observability';
import { boundConnections, type ConnectionSharing } from './connection.bound.js';
import { holdBody, otherMethod, refuseHead, toHeadError } from './head.refusal.js';

/** Exit code for a configuration that cannot work: a supervisor must not start the process again (EX_CONFIG). */
export const EXIT_CONFIG = 78;

/** Longest time a client has for the head of a request. */
const HEAD_TIMEOUT_MS = 30_000;
/** How often such clients are looked for. */
const LOOK_FOR_SLOW_MS = 5000;
/** Longest time that a client may take nothing of its answer. */
const STALLED_MS = 60_000;
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

/** Where to listen, and who is told of requests that never reach the listener. */
interface ListenOptions {
  readonly host: string;
  readonly ports: readonly number[];
  /** Name of the setting that holds the ports, for errors. */
  readonly setting: string;
  /** Connections that each port holds at a time. */
  readonly mostConnections?: number;
  /** Who shares them, and who is told of those that are not taken. */
  readonly sharing?: ConnectionSharing;
  /** Milliseconds that a client may take nothing of an answer that waits for it; a minute unless given. */
  readonly stalledMs?: number;
  readonly logger?: Pick<Logger, 'warn'>;
}

function createOne(listener: RequestListener, options: ListenOptions): Server {
  const { logger, mostConnections, sharing, stalledMs = STALLED_MS } = options;
  const server = createServer(
    {
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: 0,
      connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
      keepAliveTimeout: 75_000,
      maxHeaderSize: MOST_HEADER_BYTES,
      // Node's own refusal has neither body nor request id; the listener refuses.
      requireHostHeader: false,
      noDelay: true,
    },
    listener,
  );
  // Bytes are bounded already; a bound on their number would drop the rest in silence.
  server.maxHeadersCount = 0;
  cutStalled(server, stalledMs);
  if (mostConnections !== undefined) boundConnections(server, { most: mostConnections, sharing, logger });
  server.on('clientError', (fault: NodeJS.ErrnoException, socket: Duplex & { readonly bytesRead?: number }) => {
    // Browsers and load balancers open connections ahead of time; one that never asked gets no answer.
    if (fault.code === 'ECONNRESET' || socket.bytesRead === 0) socket.destroy();
    else refuseHead(toHeadError(fault), socket, logger);
  });
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    refuseHead(otherMethod(), socket, logger);
  });
  // A body that will be refused need not be sent; see `readBody`.
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse & { req: IncomingMessage }) => {
    holdBody(req, res);
    listener(req, res);
  });
  // Other expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', listener);
  return server;
}

/**
 * Cuts connections whose client takes nothing of what was written to it. A client that waits for its answer, however
 * long, is not meant.
 */
function cutStalled(server: Server, stalledMs: number): void {
  server.timeout = stalledMs;
  server.on('timeout', (socket: Socket & { readonly _httpMessage?: ServerResponse | null }) => {
    // The event comes after the idle time of connections that are kept alive as well, and Node leaves those to us then.
    const waits = Boolean(socket._httpMessage) && socket.writableLength === 0;
    if (!waits) socket.destroy();
  });
}

/** Listens on every port with the same listener. Rejects with a {@link ListenError}, and then listens on none. */
export async function listenAll(listener: RequestListener, options: ListenOptions): Promise<Server[]> {
  const servers: Server[] = [];
  for (const port of options.ports) {
    const server = createOne(listener, options);
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
