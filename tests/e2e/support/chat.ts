import { expect } from '@jest/globals';
import type { ErrorBody } from '@local-llm-agent/contracts';
import { readSse } from '@local-llm-agent/testing';

/** A chat that is over after two tokens. */
export const SHORT_CHAT = {
  model: 'smollm2',
  messages: [{ role: 'user', content: 'Say hello.' }],
  max_tokens: 2,
  temperature: 0,
} as const;

/** A chat that goes on for a minute and more. */
export const LONG_CHAT = {
  model: 'smollm2',
  messages: [{ role: 'user', content: 'Write a very long story about a ship. Do not stop.' }],
  max_tokens: 4000,
  temperature: 0,
} as const;

/** POSTs a chat to a gateway. */
export function postChat(url: string, body: object, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${url}/v1/chat/completions`, { ...init, method: 'POST', body: JSON.stringify(body), headers });
}

/** Status and error of an answer that is no stream. */
export async function errorOf(response: Response): Promise<{ status: number } & ErrorBody['error']> {
  const { error } = (await response.json()) as ErrorBody;
  return { status: response.status, ...error };
}

/** Expects that a chat is answered now. */
export async function expectAnswer(url: string, body: object = SHORT_CHAT): Promise<void> {
  const response = await postChat(url, body);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"chat.completion"')]);
}

/** The chunks of a streamed answer of an OpenAI route, which must end with `[DONE]`. */
export async function chunksOf<Chunk>(url: string, body: object): Promise<Chunk[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  expect(response.status).toBe(200);
  const data: string[] = [];
  for await (const event of readSse(response.body as unknown as AsyncIterable<Buffer>)) data.push(event.data);
  expect(data.at(-1)).toBe('[DONE]');
  return data.slice(0, -1).map((text) => JSON.parse(text) as Chunk);
}

/** A streamed chat, read event by event. */
export class ChatStream {
  private readonly events: AsyncGenerator<{ readonly data: string }, void>;

  private constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {
    this.events = readSse(response.body as unknown as AsyncIterable<Buffer>);
  }

  /** Opens it; resolves with the head of the answer. */
  static async open(url: string, body: object, init: RequestInit = {}): Promise<ChatStream> {
    const controller = new AbortController();
    const response = await postChat(url, { ...body, stream: true }, { ...init, signal: controller.signal });
    return new ChatStream(response, controller);
  }

  /** The data of the next events. */
  async take(count: number): Promise<string[]> {
    const data: string[] = [];
    while (data.length < count) {
      const { value, done } = await this.events.next();
      if (done === true) throw new Error(`The stream ended after ${data.length} events.`);
      data.push(value.data);
    }
    return data;
  }

  /** The data of all events that are left. */
  async rest(): Promise<string[]> {
    const data: string[] = [];
    for await (const event of this.events) data.push(event.data);
    return data;
  }

  /** The error that ends the stream. Fails when it ends otherwise. */
  async error(): Promise<ErrorBody['error']> {
    const events = await this.rest();
    expect(events).not.toContain('[DONE]');
    const last = JSON.parse(events.at(-1) ?? '{}') as Partial<ErrorBody>;
    expect(last).toEqual({
      error: { code: expect.any(String), message: expect.any(String), type: expect.any(String), param: null },
    });
    return (last as ErrorBody).error;
  }

  /** Goes away, as a client that is closed. */
  leave(): void {
    this.controller.abort();
  }
}
