import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { Pool, type Dispatcher } from 'undici';
import { ApiError } from '@local-llm-agent/contracts';
import { fromRefusal, notOpenAi, unreachable } from './openai-error.translate.js';

const CONNECT_TIMEOUT_MS = 2000;
const LARGEST_BODY_BYTES = 64 * 2 ** 20;
const LONGEST_EVENT = 8 * 2 ** 20;
const DONE = '[DONE]';

async function readText(body: Dispatcher.ResponseData['body'], address: string): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) throw notOpenAi(address, 'a body without end');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** HTTP to one OpenAI-compatible server over kept connections. */
export class OpenAiClient {
  /** The address in errors: no credentials. */
  readonly address: string;
  private readonly pool: Pool;
  private readonly prefix: string;
  private readonly headers: Record<string, string>;

  /** @param apiKey sent as a bearer token unless empty */
  constructor(baseUrl: string, apiKey: string) {
    const url = new URL(baseUrl);
    this.prefix = url.pathname.replace(/\/+$/, '');
    this.address = `${url.origin}${this.prefix}`;
    this.headers = {
      'content-type': 'application/json',
      ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    // A model may think for long; the signal of each call is the bound.
    this.pool = new Pool(url.origin, { connect: { timeout: CONNECT_TIMEOUT_MS }, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** The parsed answer of a call. Throws an ApiError, or the signal's reason. */
  async json(method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    return this.explained(signal, async () => {
      const response = await this.send(method, path, signal, body);
      const text = await readText(response.body, this.address);
      if (response.statusCode >= 300) throw fromRefusal(response.statusCode, text, this.address);
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw notOpenAi(this.address, text);
      }
    });
  }

  /** The events of a streamed answer, all of one read together. Ends after `[DONE]`, or when the server ends it. */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator<readonly unknown[]> {
    const response = await this.explained(signal, () => this.send('POST', path, signal, body));
    if (response.statusCode >= 300) {
      const text = await this.explained(signal, () => readText(response.body, this.address));
      throw fromRefusal(response.statusCode, text, this.address);
    }
    let batch: unknown[] = [];
    const progress = { done: false, unread: 0 };
    const parser = createParser({
      onEvent: ({ data }) => {
        progress.unread = 0;
        if (data === DONE) progress.done = true;
        else batch.push(this.parse(data));
      },
    });
    const decoder = new StringDecoder('utf8');
    const reads = response.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      while (!progress.done) {
        const read = await this.explained(signal, () => reads.next());
        if (read.done === true) return;
        progress.unread += read.value.length;
        parser.feed(decoder.write(read.value));
        if (progress.unread > LONGEST_EVENT) throw notOpenAi(this.address, 'an event without end');
        if (batch.length > 0) yield batch;
        batch = [];
      }
    } finally {
      response.body.destroy();
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private parse(data: string): unknown {
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      throw notOpenAi(this.address, data);
    }
    // An error in the middle of a stream has no status of its own.
    if (typeof event === 'object' && event !== null && 'error' in event) throw fromRefusal(500, data, this.address);
    return event;
  }

  private send(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body: object | undefined,
  ): Promise<Dispatcher.ResponseData> {
    return this.pool.request({
      method,
      path: this.prefix + path,
      headers: this.headers,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private async explained<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof ApiError ? cause : unreachable(this.address, cause);
    }
  }
}
