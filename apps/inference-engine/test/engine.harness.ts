import { request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ENGINE_PATHS, type EngineStatus } from '@local-llm-agent/contracts';
import { CatalogIndex, loadSettings, parseCatalog, type Settings } from '@local-llm-agent/config';
import { closeAll, listenAll } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { createEngine } from '../src/engine.app.js';

/** An engine that listens. */
export interface RunningEngine {
  readonly port: number;
  stop(): Promise<void>;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly text: string;
  json(): unknown;
}

/** Starts the real engine on a free port, with the Ollama of the test as its runtime. */
export async function startEngine(
  ollamaUrl: string,
  catalog: string,
  given: Partial<Settings> = {},
): Promise<RunningEngine> {
  const settings = { ...loadSettings({ RUNTIMES: 'ollama', OLLAMA_HOST: ollamaUrl }), ...given };
  const logger = createLogger({ service: 'inference-engine', level: 'silent' });
  const { app, listener } = await createEngine(
    settings,
    new CatalogIndex(parseCatalog(catalog, 'of the test')),
    logger,
  );
  const servers = await listenAll(listener, { host: '127.0.0.1', ports: [0], setting: 'ENGINE_PORT' });
  return {
    port: (servers[0]!.address() as AddressInfo).port,
    stop: async () => {
      await closeAll(servers, 0);
      await app.close();
    },
  };
}

/** One question to the engine, as the gateway asks it; a body makes it a POST. */
export function ask(engine: RunningEngine, path: string, body?: object, headers: object = {}): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: engine.port,
        path,
        method,
        agent: false,
        headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      },
      (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (part: string) => (text += part));
        res.on('error', reject);
        res.on('end', () => {
          const { statusCode: status = 0, headers: head, trailers } = res;
          resolve({ status, headers: head, trailers, text, json: () => JSON.parse(text) as unknown });
        });
      },
    );
    req.on('error', reject);
    req.end(body && JSON.stringify(body));
  });
}

/** A chat with this model. */
export function chat(engine: RunningEngine, model: string, headers: object = {}): Promise<Answer> {
  return ask(engine, ENGINE_PATHS.chatCompletions, { model, messages: [{ role: 'user', content: 'hi' }] }, headers);
}

/** What operators see. */
export async function statusOf(engine: RunningEngine): Promise<EngineStatus> {
  return (await ask(engine, ENGINE_PATHS.status)).json() as EngineStatus;
}

/** The first state that is as expected. */
export async function statusWhen(engine: RunningEngine, is: (status: EngineStatus) => boolean): Promise<EngineStatus> {
  for (let tries = 0; tries < 400; tries += 1) {
    const status = await statusOf(engine);
    if (is(status)) return status;
    await wait(25);
  }
  throw new Error(`The engine never came to that: ${JSON.stringify(await statusOf(engine), undefined, 1)}`);
}
