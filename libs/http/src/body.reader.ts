import type { IncomingMessage } from 'node:http';
import { invalidRequest, requestTooLarge } from '@local-llm-agent/contracts';

/** Bounds of a body. */
export interface BodyLimits {
  readonly mostBytes: number;
  readonly mostSeconds: number;
  /**
   * Whether a body may go without the content type of JSON, as curl's `-d` sends it. Never from a web page: that could
   * otherwise send one to an address its user trusts, without asking the address first.
   */
  readonly anyType?: boolean;
}

function refusal(req: IncomingMessage, limits: BodyLimits): Error | undefined {
  const type = req.headers['content-type'];
  const needsType = limits.anyType !== true || req.headers.origin !== undefined;
  if (needsType && (type === undefined || !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type))) {
    return invalidRequest(
      `The content type ${type === undefined ? 'is missing' : 'is not JSON'}. Send the header Content-Type: application/json.`,
      { status: 415 },
    );
  }
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return invalidRequest('Compressed bodies are not accepted. Send the JSON as it is.', { status: 415 });
  }
  return Number(req.headers['content-length'] ?? 0) > limits.mostBytes ? requestTooLarge(limits.mostBytes) : undefined;
}

/**
 * Reads a JSON body once, within its bounds. Rejects with 415 for another content type, 413 for too many bytes,
 * 408 when the client is too slow; a client that leaves ends in a 400 nobody sees.
 */
export function readBody(req: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const refused = refusal(req, limits);
  if (refused) return Promise.reject(refused);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const stop = (error: Error): void => {
      clearTimeout(timer);
      req.removeAllListeners('data');
      req.pause();
      reject(error);
    };
    const timer = setTimeout(() => {
      stop(invalidRequest(`The body did not arrive within ${limits.mostSeconds} s.`, { status: 408 }));
    }, limits.mostSeconds * 1000);
    req.on('data', (part: Buffer) => {
      size += part.length;
      if (size > limits.mostBytes) stop(requestTooLarge(limits.mostBytes));
      else parts.push(part);
    });
    req.once('end', () => {
      clearTimeout(timer);
      resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size));
    });
    req.once('error', (cause) => {
      stop(invalidRequest('The client left before its body was complete.', { cause }));
    });
    req.once('close', () => {
      if (!req.complete) stop(invalidRequest('The client left before its body was complete.'));
    });
  });
}

/** How long the rest of a refused body may take. */
const DISCARD_MS = 10_000;

/**
 * Reads the rest of a refused body into nothing, so that the client can finish sending and read its error instead of
 * a reset. A client that does not stop is cut off. Calls `over` when the body has ended.
 */
export function discardBody(req: IncomingMessage, over?: () => void): void {
  const timer = setTimeout(() => req.destroy(), DISCARD_MS);
  req.once('close', () => {
    clearTimeout(timer);
  });
  if (over) req.once('end', over);
  req.resume();
}
