import { randomUUID } from 'node:crypto';
import { METHODS as NODE_METHODS, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HEADERS, invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';

/** What Node says of a request that its parser refused. */
export interface HeadFault {
  readonly code?: string;
  /** The bytes that came. */
  readonly rawPacket?: Buffer;
}

/** Methods of all routes together, for a method that no server knows. */
const METHODS = 'GET, HEAD, POST, PATCH, DELETE, OPTIONS';
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};
/** How long a client whose connection ends has to read why, and to end its own side. */
const LINGER_MS = 2000;
/** A request line whose method may be fine elsewhere. */
const LONGEST_LINE = 4096;
const REQUEST_LINE = /^([A-Z][A-Z-]{0,30}) \S+ HTTP\/1\.[01]\r?\n/;

/** Whether the bytes are a request with a method that is not known; not so when they come after a whole request. */
function isOtherMethod({ code, rawPacket }: HeadFault): boolean {
  if (code !== 'HPE_INVALID_METHOD') return false;
  const method = REQUEST_LINE.exec(rawPacket?.toString('latin1', 0, LONGEST_LINE) ?? '')?.[1];
  return method !== undefined && !NODE_METHODS.includes(method);
}

/** The answer to a method that no route has. */
export function otherMethod(): ApiError {
  return invalidRequest(`There is no such method here. There are ${METHODS}.`, { status: 405 });
}

/** The answer to a request whose head Node's parser refused. */
export function toHeadError(fault: HeadFault): ApiError {
  const { code } = fault;
  if (code === 'HPE_HEADER_OVERFLOW') return invalidRequest('The headers are too large. Send less.', { status: 431 });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return invalidRequest('The request did not arrive in time.', { status: 408 });
  if (isOtherMethod(fault)) return otherMethod();
  return invalidRequest('The request is not valid HTTP/1.1.');
}

type Busy = Duplex & { readonly _httpMessage?: ServerResponse | null };

/**
 * Answers a request that never reaches a route: Node's parser refused it, or it asks for a tunnel. The client gets the
 * error in OpenAI's shape with a request id, the log gets one line, and the connection ends.
 */
export function refuseHead(error: ApiError, socket: Duplex, log: Pick<Logger, 'warn'> | undefined): void {
  // The answer that is under way on this connection. One that has begun must not get another one into its middle.
  const current = (socket as Busy)._httpMessage;
  if (!socket.writable || current?.headersSent === true) {
    // A refusal that has begun is whole, and still has to leave; nothing else is worth waiting for.
    if (socket.writable && (current?.statusCode ?? 0) >= 400) part(socket, '');
    else socket.destroy();
    return;
  }
  const id = String(current?.getHeader(HEADERS.requestId) ?? randomUUID());
  log?.warn({ requestId: id, status: error.status, code: error.code }, error.message);
  part(socket, answerText(error, id));
}

/** An error in OpenAI's shape as a whole answer on the wire, after which the connection ends. */
export function answerText(error: ApiError, id: string): string {
  const body = JSON.stringify(error.toBody());
  const { status, retryAfterSeconds } = error;
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-ID: ${id}`,
    'X-Latency-Ms: 0',
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
    ...(status === 405 ? [`Allow: ${METHODS}`] : []),
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/**
 * Says the last words on a connection and ends it. What still comes is read into nothing for a moment, since a connection
 * that is closed with bytes unread is reset, and the client would lose the answer; one that does not end its side is cut.
 */
function part(socket: Duplex, words: string): void {
  const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => {
    clearTimeout(cut);
  });
  socket.end(words);
  socket.resume();
}

/** Requests whose clients wait for leave to send the body, and where to give it. */
const held = new WeakMap<IncomingMessage, ServerResponse>();

/** Notes that the client waits for leave to send its body (`Expect: 100-continue`). */
export function holdBody(req: IncomingMessage, res: ServerResponse): void {
  held.set(req, res);
}

/** Whether the client still waits for leave to send its body: maybe it never will. */
export function isBodyHeld(req: IncomingMessage): boolean {
  return held.has(req);
}

/** Lets a client that waits for it send its body. */
export function letBodyCome(req: IncomingMessage): void {
  held.get(req)?.writeContinue();
  held.delete(req);
}
