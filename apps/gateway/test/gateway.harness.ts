import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { CatalogIndex, loadSettings, parseCatalog, type Settings } from '@local-llm-agent/config';
import { closeAll, listenAll, type HttpEdge } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { createGateway } from '../src/gateway.app.js';

/** The two ways a token route is dispatched; every expectation holds for both. */
export const DISPATCHES = [
  { dispatch: 'before Express', TOKEN_ROUTES: true },
  { dispatch: 'through Express', TOKEN_ROUTES: false },
] as const;

const CATALOG = `
tiers:
  small: { defaultModel: gemma3 }
  main: { defaultModel: 'gpt-oss:20b' }
models:
  - { id: gemma3, tier: small }
  - { id: 'gpt-oss:20b', aliases: [gpt-oss-20b], tier: main }
`;

/** A gateway that listens. */
export interface RunningGateway {
  readonly port: number;
  readonly edge: HttpEdge;
  stop(): Promise<void>;
}

interface GatewayOptions {
  readonly settings?: Partial<Settings>;
  readonly catalog?: string;
  /** Sees each response before the gateway does. */
  readonly seen?: (res: ServerResponse) => void;
}

/** Starts the real gateway on a free port, before this engine. Limits and usage are off unless the settings turn them on. */
export async function startGateway(engineUrl: string, options: GatewayOptions = {}): Promise<RunningGateway> {
  // A folder that is not there: no keys.
  const DATA_DIR = path.join(os.tmpdir(), `gateway-data-${randomUUID()}`);
  const environment = { ENGINE_URL: engineUrl, RATE_LIMITS: 'off', USAGE: 'off', DATA_DIR };
  const settings: Settings = { ...loadSettings(environment), ...options.settings };
  const catalog = new CatalogIndex(parseCatalog(options.catalog ?? CATALOG, 'of the test'));
  const { app, edge, listener } = await createGateway(
    settings,
    catalog,
    createLogger({ service: 'gateway', level: 'silent' }),
  );
  const servers = await listenAll(
    (req, res) => {
      options.seen?.(res);
      listener(req, res);
    },
    { host: '127.0.0.1', ports: [0], setting: 'GATEWAY_PORTS' },
  );
  return {
    port: (servers[0]!.address() as AddressInfo).port,
    edge,
    stop: async () => {
      await closeAll(servers, 0);
      await app.close();
    },
  };
}

/** One request to the gateway. */
export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
}

/** The least chat there is. */
export const CHAT = { model: 'gemma3', messages: [{ role: 'user', content: 'hi' }] } as const;

/** The path of the chat route. */
export const CHAT_PATH = '/v1/chat/completions';

/** Sends a request on its own connection; the answer's head is there, its body is not read yet. */
export async function open(gateway: RunningGateway, question: Question = {}): Promise<IncomingMessage> {
  const { body } = question;
  const bytes =
    typeof body === 'string' || Buffer.isBuffer(body) ? body : body === undefined ? '' : JSON.stringify(body);
  const req = request({
    host: '127.0.0.1',
    port: gateway.port,
    path: question.path ?? CHAT_PATH,
    method: question.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...question.headers },
    agent: false,
    ...(question.signal ? { signal: question.signal } : {}),
  });
  req.end(bytes);
  const [answer] = (await once(req, 'response')) as [IncomingMessage];
  return answer;
}

/** Sends a request and reads its whole answer. */
export async function ask(gateway: RunningGateway, question: Question = {}): Promise<Answer> {
  const answer = await open(gateway, question);
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, json: () => JSON.parse(text) as unknown };
}

/** Asks for a chat; the fields are laid over the least one. */
export function askChat(
  gateway: RunningGateway,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(gateway, { body: { ...CHAT, ...fields }, headers });
}
