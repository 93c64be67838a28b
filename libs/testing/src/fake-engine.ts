import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ENGINE_PATHS,
  HEADERS,
  toUsageObject,
  type ChatCompletion,
  type EngineHealth,
  type EngineModel,
  type EngineStatus,
  type EngineTimeline,
  type EngineTokenCount,
  type ErrorBody,
  type TaggedModel,
} from '@local-llm-agent/contracts';

/** One request for a model that reached the fake engine. */
export interface EngineExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly res: ServerResponse;
  /** How the exchange ended: with a whole answer, or cut by either side. */
  readonly ended: Promise<'answered' | 'cut'>;
}

/** What the fake engine does with a chat. */
export type EngineScript = (exchange: EngineExchange) => void | Promise<void>;

/** What a scripted answer carries besides its text. */
interface AnswerFields {
  readonly model?: string;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly fallbackFrom?: string;
  /** Milliseconds that it waited for a slot; not told unless set. */
  readonly queueMs?: number;
}

const MODEL: EngineModel = {
  id: 'gemma3',
  created: 1_706_000_000,
  ownedBy: 'ollama',
  servedBy: 'gemma3',
  contextLength: 8192,
};
const HEALTHY: EngineHealth = { status: 'healthy', runtimes: { ollama: 'up' }, models: [MODEL.id] };
/** An engine with nothing to do, and nothing in memory. */
const IDLE: EngineStatus = {
  time: '2026-01-20T10:30:00.000Z',
  startedAt: '2026-01-20T10:00:00.000Z',
  running: 0,
  runtimes: [{ id: 'ollama', kind: 'ollama', pool: 'local', status: 'up', detail: null }],
  pools: [
    {
      id: 'local',
      budgetBytes: null,
      reserveBytes: 2 ** 29,
      residentBytes: 0,
      availableBytes: 2 ** 34,
      totalBytes: 2 ** 34,
      strangers: [],
    },
  ],
  residents: [],
  queue: {
    tiers: [
      { tier: 'small', waiting: 0, limit: 100, oldestWaitMs: 0, maxWaitMs: 10_000 },
      { tier: 'main', waiting: 0, limit: 50, oldestWaitMs: 0, maxWaitMs: 60_000 },
    ],
    models: [],
  },
  changes: [],
  decisions: [],
};

/** Half an hour in which nothing was in memory. */
const EMPTY: EngineTimeline = {
  time: IDLE.time,
  startedAt: IDLE.startedAt,
  from: IDLE.startedAt,
  models: [],
};

const usageFields = (fields: AnswerFields): Record<string, string> => ({
  [HEADERS.promptTokens]: String(fields.promptTokens ?? 7),
  [HEADERS.completionTokens]: String(fields.completionTokens ?? 3),
  ...(fields.queueMs === undefined ? {} : { [HEADERS.queueMs]: String(fields.queueMs) }),
});

const commonFields = (fields: AnswerFields): Record<string, string> => ({
  [HEADERS.servedModel]: encodeURIComponent(fields.model ?? MODEL.id),
  ...(fields.fallbackFrom === undefined ? {} : { [HEADERS.fallbackFrom]: fields.fallbackFrom }),
});

/** One event of a stream, in the shape of OpenAI's chat chunks. */
export function chatEvent(text: string): string {
  const choices = [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }];
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: MODEL.id, choices })}\n\n`;
}

/** Opens a stream; the usage is announced as trailers and sent by {@link endStream}. */
export function openStream(res: ServerResponse, fields: AnswerFields = {}): void {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    trailer: `${HEADERS.promptTokens}, ${HEADERS.completionTokens}, ${HEADERS.queueMs}`,
    ...commonFields(fields),
  });
}

/** Ends a stream with `[DONE]` and the usage in trailers. */
export function endStream(res: ServerResponse, fields: AnswerFields = {}): void {
  res.addTrailers(usageFields(fields));
  res.end('data: [DONE]\n\n');
}

/** A plain answer with this text. */
export function plainAnswer(text: string, fields: AnswerFields = {}): EngineScript {
  return ({ res }) => {
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      ...commonFields(fields),
      ...usageFields(fields),
    });
    const message = { role: 'assistant', content: text, refusal: null } as const;
    const completion: ChatCompletion = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: fields.model ?? MODEL.id,
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
      usage: toUsageObject({ promptTokens: fields.promptTokens ?? 7, completionTokens: fields.completionTokens ?? 3 }),
    };
    res.end(JSON.stringify(completion));
  };
}

/** A whole stream with one event for each text. */
export function streamAnswer(texts: readonly string[], fields: AnswerFields = {}): EngineScript {
  return ({ res }) => {
    openStream(res, fields);
    for (const text of texts) res.write(chatEvent(text));
    endStream(res, fields);
  };
}

/** An error with this body; text is sent as it is. */
export function errorAnswer(
  status: number,
  body: ErrorBody | string,
  headers: Record<string, string> = {},
): EngineScript {
  return ({ res }) => {
    res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Never answers. */
export const silence: EngineScript = () => undefined;

/** Sends the raw text as a stream and then cuts the connection. */
export function streamThenCut(raw: string): EngineScript {
  return ({ res }) => {
    openStream(res);
    res.write(raw, () => res.destroy());
  };
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function exchangeOf(req: IncomingMessage, res: ServerResponse): Promise<EngineExchange> {
  const ended = new Promise<'answered' | 'cut'>((resolve) => {
    res.once('close', () => {
      resolve(res.writableFinished ? 'answered' : 'cut');
    });
  });
  const { method = '', url: path = '', headers } = req;
  return { method, path, headers, body: await readAll(req), res, ended };
}

const TOKEN_PATHS: ReadonlySet<string> = new Set([
  ENGINE_PATHS.chatCompletions,
  ENGINE_PATHS.completions,
  ENGINE_PATHS.embeddings,
  ENGINE_PATHS.loadModel,
  ENGINE_PATHS.unloadModel,
]);

/** An inference engine that plays a script: the engine API over real HTTP, without any model. */
export class FakeEngine {
  /** What `GET /health` says; undefined hangs up. */
  health: EngineHealth | undefined = HEALTHY;
  /** What `GET /models` says: its models, or a raw body. */
  models: readonly EngineModel[] | string = [MODEL];
  /** Plays the management of models; without it such a call hangs up. */
  manage: EngineScript | undefined;
  /** What a count of tokens gives. */
  count: EngineTokenCount = { promptTokens: 7, exact: true };
  /** What `GET /status` says; undefined hangs up. */
  status: EngineStatus | undefined = IDLE;
  /** What `GET /status/timeline` says. */
  timeline: EngineTimeline = EMPTY;
  /** What `GET /models/tags` says. */
  tags: readonly TaggedModel[] = [];
  /** Bodies of the counts so far. */
  readonly counted: unknown[] = [];
  /** Every chat so far. */
  readonly exchanges: EngineExchange[] = [];
  /** Errors that scripts threw; a spec should find none. */
  readonly faults: unknown[] = [];
  /** Addresses of the control calls so far. */
  readonly controlUrls: (string | undefined)[] = [];
  /** Ids under which control calls came. */
  readonly controlIds: (string | undefined)[] = [];
  private script: EngineScript = plainAnswer('hello');
  private waiting: ((exchange: EngineExchange) => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Listens on a free port of the loopback address. */
  static async start(): Promise<FakeEngine> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const engine = new FakeEngine(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      engine.serve(req, res).catch((error: unknown) => {
        engine.faults.push(error);
        res.destroy();
      });
    });
    return engine;
  }

  /** From now on chats are answered by this script. */
  answerWith(script: EngineScript): void {
    this.script = script;
  }

  /** The next chat that comes. */
  nextChat(): Promise<EngineExchange> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The chat that came last. */
  get lastChat(): EngineExchange {
    const last = this.exchanges.at(-1);
    if (!last) throw new Error('No chat reached the fake engine.');
    return last;
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === 'POST' && TOKEN_PATHS.has(req.url ?? '')) {
      await this.serveChat(req, res);
      return;
    }
    if (this.manage && req.url?.startsWith(`${ENGINE_PATHS.models}/`)) {
      await this.manage(await exchangeOf(req, res));
      return;
    }
    this.controlUrls.push(req.url);
    this.controlIds.push(req.headers[HEADERS.requestId] as string | undefined);
    if (req.url === ENGINE_PATHS.countTokens) this.counted.push(JSON.parse((await readAll(req)).toString('utf8')));
    const body = this.controlBody(req.url);
    if (body === undefined) {
      res.destroy();
      return;
    }
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(body);
  }

  private controlBody(url: string | undefined): string | undefined {
    if (url === ENGINE_PATHS.health) return this.health && JSON.stringify(this.health);
    if (url === ENGINE_PATHS.status) return this.status && JSON.stringify(this.status);
    if (url?.split('?')[0] === ENGINE_PATHS.timeline) return JSON.stringify(this.timeline);
    if (url === ENGINE_PATHS.models)
      return typeof this.models === 'string' ? this.models : JSON.stringify({ models: this.models });
    if (url === ENGINE_PATHS.countTokens) return JSON.stringify(this.count);
    if (url === ENGINE_PATHS.tags) return JSON.stringify({ models: this.tags });
    return undefined;
  }

  private async serveChat(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const exchange = await exchangeOf(req, res);
    this.exchanges.push(exchange);
    for (const resolve of this.waiting.splice(0)) resolve(exchange);
    await this.script(exchange);
  }
}
