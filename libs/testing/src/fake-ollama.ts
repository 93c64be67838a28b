import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  answerChat,
  answerGenerate,
  fakeTokens,
  isProbe,
  probe,
  renderChat,
  type FakeChat,
} from './fake-ollama.chat.js';

/** A model the fake lists. */
export interface FakeModel {
  readonly name: string;
  readonly size?: number;
  readonly digest?: string;
  /** Set for a model that Ollama would ask a cloud for. */
  readonly remoteHost?: string;
  /** More keys of `model_info`. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** More fields of `/api/show`, such as `capabilities`. */
  readonly show?: Readonly<Record<string, unknown>>;
  /** More fields of `/api/ps`, such as `size_vram`. */
  readonly ps?: Readonly<Record<string, unknown>>;
  /** False for a model of embeddings only. */
  readonly chats?: boolean;
}

/** A request as it came in. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/** A number that only grows, and that can be waited for. */
class Counter {
  value = 0;
  private waiters: Waiter[] = [];

  add(): void {
    this.value += 1;
    const ready = this.waiters.filter((waiter) => waiter.count <= this.value);
    this.waiters = this.waiters.filter((waiter) => waiter.count > this.value);
    for (const waiter of ready) waiter.resolve();
  }

  reached(count: number): Promise<void> {
    if (this.value >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ count, resolve }));
  }
}

const LARGEST_BODY_BYTES = 64 * 2 ** 20;
const RENDER = 'render';
const DEFAULT_INFO = { 'general.architecture': 'llama', 'llama.context_length': 8192 };

async function readBody(request: IncomingMessage): Promise<FakeRequest['body']> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) throw new Error('The fake Ollama takes no body that large.');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as FakeRequest['body']);
}

/**
 * An Ollama that does what a test tells it to. It serves the faults that a real one cannot be made to show; whatever a
 * real one can show is tested with a real one. Without a script it answers every chat with three words.
 */
export class FakeOllama {
  /** Every request, in order of arrival. */
  readonly requests: FakeRequest[] = [];
  private readonly script: FakeChat[] = [];
  private choose: (body: FakeRequest['body']) => FakeChat = () => ({ kind: 'answer' });
  private readonly sockets = new Set<Socket>();
  private readonly resident = new Set<string>();
  private readonly hanging = new Set<string>();
  private readonly texts = new Map<string, string>();
  private readonly arrivals = new Map<string, Counter>();
  private readonly aborts = new Counter();
  private readonly chats = new Counter();
  private readonly stalls = new Counter();
  private server: Server | undefined;

  constructor(private models: readonly FakeModel[] = [{ name: 'smollm2:latest' }]) {}

  /** Listens, on a free port unless one is given; returns the address. */
  async start(port = 0): Promise<string> {
    const server = createServer((request, response) => void this.handle(request, response));
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    this.server = server;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Cuts all connections and stops listening, as a killed Ollama does. What was loaded is gone. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.resident.clear();
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Adds to the queue of what the next calls of `/api/chat` get, one each. */
  next(...behaviours: readonly FakeChat[]): this {
    this.script.push(...behaviours);
    return this;
  }

  /** Decides by its body what a chat gets that finds the queue empty. */
  decide(choose: (body: FakeRequest['body']) => FakeChat): this {
    this.choose = choose;
    return this;
  }

  /** What is installed from now on. */
  install(models: readonly FakeModel[]): void {
    this.models = models;
  }

  /** Requests of one path so far. */
  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  /** Bodies of the requests of one path. */
  bodies(path: string): readonly FakeRequest['body'][] {
    return this.requests.filter((request) => request.path === path).map((request) => request.body);
  }

  /** Settles when `count` chats in all have arrived. */
  received(count = 1): Promise<void> {
    return this.chats.reached(count);
  }

  /** Settles when `count` requests of a path in all have arrived. */
  receivedOn(path: string, count = 1): Promise<void> {
    return this.arrivalsOn(path).reached(count);
  }

  /** Leaves every request of this path without an answer from now on, or answers those that come again. */
  hangOn(path: string, hangs = true): void {
    if (hangs) this.hanging.add(path);
    else this.hanging.delete(path);
  }

  /** Answers every request of this path with this text from now on, whatever that is; as it should when undefined. */
  sayOn(path: string, text: string | undefined): void {
    if (text === undefined) this.texts.delete(path);
    else this.texts.set(path, text);
  }

  /** Leaves requests that only render the template without an answer from now on. */
  hangOnRender(): void {
    this.hanging.add(RENDER);
  }

  /** Settles when in all `count` answers were closed by the client before their end. */
  aborted(count = 1): Promise<void> {
    return this.aborts.reached(count);
  }

  /** Answers that the client closed before their end. */
  get abortedCount(): number {
    return this.aborts.value;
  }

  /** Settles when a flood was held up: nothing could be written for a while, because the client does not read. */
  stalled(count = 1): Promise<void> {
    return this.stalls.reached(count);
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.sockets.size;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = request.url ?? '/';
      const body = await readBody(request);
      this.requests.push({ method: request.method ?? 'GET', path, body });
      response.on('close', () => {
        if (!response.writableFinished && this.server !== undefined) this.aborts.add();
      });
      this.arrivalsOn(path).add();
      if (this.hanging.has(body._debug_render_only === true ? RENDER : path)) return;
      const text = this.texts.get(path);
      if (text !== undefined) response.writeHead(200).end(text);
      else if (path === '/api/chat') this.chat(body, response);
      else this.answer(path, body, response);
    } catch (error) {
      response.destroy(error as Error);
    }
  }

  private arrivalsOn(path: string): Counter {
    const counter = this.arrivals.get(path) ?? new Counter();
    this.arrivals.set(path, counter);
    return counter;
  }

  private chat(body: FakeRequest['body'], response: ServerResponse): void {
    const refusal = this.refusalOf(body, 'chat');
    if (refusal !== undefined) return refusal(response);
    this.resident.add(shortName(String(body.model)));
    if (body._debug_render_only === true) return renderChat(body, response);
    if (isProbe(body)) return probe(body, response);
    this.chats.add();
    answerChat(this.script.shift() ?? this.choose(body), body, { response, onStall: () => this.stalls.add() });
  }

  private answer(path: string, body: FakeRequest['body'], response: ServerResponse): void {
    switch (path) {
      case '/api/version':
        return send(response, 200, { version: '0.24.0' });
      case '/api/tags':
        return send(response, 200, { models: this.models.map(listing) });
      case '/api/ps':
        return send(response, 200, {
          models: this.models
            .filter((model) => this.resident.has(shortName(model.name)))
            .map((model) => ({ ...listing(model), ...model.ps })),
        });
      case '/api/show':
        return (
          this.refusalOf(body) ??
          ((to) =>
            send(to, 200, { model_info: { ...DEFAULT_INFO, ...this.find(body)?.info }, ...this.find(body)?.show }))
        )(response);
      case '/api/generate':
        return this.generate(body, response);
      case '/api/embed':
        return this.embed(body, response);
      default:
        return send(response, 404, { error: 'not found' });
    }
  }

  private generate(body: FakeRequest['body'], response: ServerResponse): void {
    const unloads = body.keep_alive === 0;
    const refusal = this.refusalOf(body, unloads ? undefined : 'generate');
    if (refusal !== undefined) return refusal(response);
    if (!unloads && typeof body.prompt === 'string' && body.prompt !== '') {
      if (isProbe(body)) return probe(body, response);
      return answerGenerate(this.script.shift() ?? { kind: 'answer' }, body, response);
    }
    const name = shortName(String(body.model));
    if (unloads) this.resident.delete(name);
    else this.resident.add(name);
    send(response, 200, { model: body.model, response: '', done: true, done_reason: unloads ? 'unload' : 'load' });
  }

  private embed(body: FakeRequest['body'], response: ServerResponse): void {
    const refusal = this.refusalOf(body);
    if (refusal !== undefined) return refusal(response);
    this.resident.add(shortName(String(body.model)));
    const texts = body.input as readonly string[];
    const limit = (body.options as { num_ctx?: number } | undefined)?.num_ctx ?? 4096;
    if (texts.some((text) => fakeTokens(text) > limit))
      return send(response, 400, { error: 'the input length exceeds the context length' });
    const tokens = texts.reduce((sum, text) => sum + fakeTokens(text), 0);
    const embeddings = texts.map((text) => (text.length % 2 === 0 ? [1, 0] : [0, 1]));
    send(response, 200, { model: body.model, embeddings, ...(tokens === 0 ? {} : { prompt_eval_count: tokens }) });
  }

  private find(body: FakeRequest['body']): FakeModel | undefined {
    return this.models.find((model) => shortName(model.name) === shortName(String(body.model)));
  }

  private refusalOf(
    body: FakeRequest['body'],
    use?: 'chat' | 'generate',
  ): ((response: ServerResponse) => void) | undefined {
    const model = this.find(body);
    if (model === undefined)
      return (response) => send(response, 404, { error: `model '${String(body.model)}' not found` });
    if (use === undefined || model.chats !== false) return undefined;
    return (response) => send(response, 400, { error: `"${String(body.model)}" does not support ${use}` });
  }
}

function shortName(name: string): string {
  return name.replace(/:latest$/, '');
}

function listing(model: FakeModel): object {
  return {
    name: model.name,
    model: model.name,
    modified_at: '2026-01-02T03:04:05.678901234Z',
    size: model.size ?? 1_000_000,
    digest: model.digest ?? `digest of ${model.name}`,
    ...(model.remoteHost === undefined ? {} : { remote_host: model.remoteHost, remote_model: model.name }),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
