import type { IncomingMessage } from 'node:http';
import { invalidRequest, requestTooLarge } from '@local-llm-agent/contracts';
import { letBodyCome } from './head.refusal.js';

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

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

function typeProblem(type: string | undefined): string | undefined {
  if (type === undefined) return 'The content type is missing. Send the header Content-Type: application/json.';
  if (!JSON_TYPE.test(type)) return 'The content type is not JSON. Send the header Content-Type: application/json.';
  const charset = CHARSET.exec(type)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset)
    ? undefined
    : 'The charset of the body must be UTF-8, as for all JSON.';
}

function refusal(req: IncomingMessage, limits: BodyLimits): Error | undefined {
  const needsType = limits.anyType !== true || req.headers.origin !== undefined;
  const problem = needsType ? typeProblem(req.headers['content-type']) : undefined;
  if (problem !== undefined) return invalidRequest(problem, { status: 415 });
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return invalidRequest('Compressed bodies are not accepted. Send the JSON as it is.', { status: 415 });
  }
  return Number(req.headers['content-length'] ?? 0) > limits.mostBytes ? requestTooLarge(limits.mostBytes) : undefined;
}

/** Puts the parts of a body together. Every part is copied: thousands of tiny ones would weigh a hundred times more. */
class Assembly {
  private bytes: Buffer = Buffer.alloc(0);
  size = 0;

  add(part: Buffer): void {
    // Most bodies come in one part, which needs no copy.
    if (this.size === 0) this.bytes = part;
    else {
      if (this.size + part.length > this.bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.size + part.length));
        this.bytes.copy(larger, 0, 0, this.size);
        this.bytes = larger;
      }
      part.copy(this.bytes, this.size);
    }
    this.size += part.length;
  }

  take(): Buffer {
    return this.bytes.subarray(0, this.size);
  }

  forget(): void {
    this.bytes = Buffer.alloc(0);
  }
}

/**
 * Reads a JSON body once, within its bounds. Rejects with 415 for another content type, 413 for too many bytes,
 * 408 when the client is too slow; a client that leaves ends in a 400 nobody sees. A client that asks for leave to send
 * its body gets it here, after what can be refused without it.
 */
export function readBody(req: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const refused = refusal(req, limits);
  if (refused) return Promise.reject(refused);
  letBodyCome(req);
  return new Promise((resolve, reject) => {
    const body = new Assembly();
    const stop = (error: Error): void => {
      clearTimeout(timer);
      req.removeAllListeners('data');
      req.pause();
      body.forget();
      reject(error);
    };
    const timer = setTimeout(() => {
      stop(invalidRequest(`The body did not arrive within ${limits.mostSeconds} s.`, { status: 408 }));
    }, limits.mostSeconds * 1000);
    req.on('data', (part: Buffer) => {
      if (body.size + part.length > limits.mostBytes) stop(requestTooLarge(limits.mostBytes));
      else body.add(part);
    });
    req.once('end', () => {
      clearTimeout(timer);
      resolve(body.take());
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
  const timer = setTimeout(() => req.destroy(), DISCARD_MS).unref();
  req.once('close', () => {
    clearTimeout(timer);
  });
  if (over) req.once('end', over);
  req.resume();
}
