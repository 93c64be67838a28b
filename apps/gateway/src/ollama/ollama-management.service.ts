import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApiError, ENGINE_PATHS, requestTooLarge, type OllamaModelName } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { contextOf } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { ModelAccess } from '../admission/model-access.service.js';
import { ollamaErrorBody } from '../http/error.translate.js';
import { sendJson } from '../http/json.writer.js';
import { CacheRoad } from '../inference/cache-road.service.js';
import { EngineManagementClient, type ManagementCall } from '../inference/engine-management.client.js';
import { readProgressError } from './progress.translate.js';

/** Longest time that lists and descriptions may take: more than the engine gives itself. */
const LOOK_TIMEOUT_MS = 35_000;
const LEFT = new Error('The client left.');

/** The management of models for Ollama's clients: the engine's answers, with errors in Ollama's form. */
@Injectable()
export class OllamaManagementService {
  constructor(
    private readonly engine: EngineManagementClient,
    private readonly access: ModelAccess,
    private readonly cache: CacheRoad,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Sends what the engine knows of a model. */
  async show(body: OllamaModelName, req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.access.require(req, body.model);
    sendJson(await this.look({ method: 'POST', path: ENGINE_PATHS.show, body }, res), res);
  }

  /** Sends those models of a list of the engine that the caller may use. */
  async list(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const text = await this.look({ method: 'GET', path }, res);
    if (!this.access.isRestricted(req)) {
      sendJson(text, res);
      return;
    }
    const list = JSON.parse(text) as { readonly models: readonly { readonly name: string }[] };
    sendJson(JSON.stringify({ ...list, models: this.access.visible(req, list.models, ({ name }) => name) }), res);
  }

  /** Has the engine change something, and says no more than that it is done. */
  async change(path: string, body: object, res: ServerResponse): Promise<void> {
    const { signal, requestId } = exchangeOf(res);
    await this.engine.text({ method: 'POST', path, body, requestId, signal });
    await this.cache.forget();
    res.writeHead(200, { 'content-length': 0 }).end();
  }

  /** Sends the steps of a long change as they come, or only the last one. A client that leaves ends the change. */
  async progress(path: string, request: { readonly stream?: boolean | null }, res: ServerResponse): Promise<void> {
    const { signal, requestId } = exchangeOf(res);
    const steps = this.engine.lines({ method: 'POST', path, body: request, requestId, signal });
    const lines = path === ENGINE_PATHS.push ? steps : this.changing(steps);
    try {
      if (request.stream === false) await this.last(lines, res);
      else await this.each(lines, res, signal);
    } catch (error) {
      // Nobody is left to be told.
      if (error !== LEFT) throw error;
    }
  }

  /** Whether the engine has the blob; rejects with a 404 when not. */
  async hasBlob(digest: string, res: ServerResponse): Promise<void> {
    const path = blobPath(digest);
    const { signal, requestId } = exchangeOf(res);
    await this.engine.text({ method: 'HEAD', path, requestId, signal });
    res.writeHead(200).end();
  }

  /** Carries a blob to the engine as it comes. */
  async addBlob(digest: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const most = this.settings.MAX_MODEL_BYTES;
    if (Number(req.headers['content-length'] ?? 0) > most) throw requestTooLarge(most, 'MAX_MODEL_BYTES');
    const { signal, requestId } = exchangeOf(res);
    const status = await this.engine.upload(digest, req, requestId, signal);
    res.writeHead(status, { 'content-length': 0 }).end();
  }

  private look(call: Pick<ManagementCall, 'method' | 'path' | 'body'>, res: ServerResponse): Promise<string> {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    return this.engine.text({ ...call, requestId: contextOf(res).id, signal });
  }

  /** Another model may stand behind a name now, also where the change ended half way: no old answer is given for it. */
  private async *changing(lines: AsyncIterable<string>): AsyncGenerator<string> {
    try {
      yield* lines;
    } finally {
      await this.cache.forget();
    }
  }

  private async last(lines: AsyncIterable<string>, res: ServerResponse): Promise<void> {
    let last = '{}';
    for await (const line of lines) {
      const error = readProgressError(line);
      if (error) throw error;
      last = line;
    }
    sendJson(last, res);
  }

  private async each(lines: AsyncIterable<string>, res: ServerResponse, signal: AbortSignal): Promise<void> {
    for await (const line of lines) {
      const error = readProgressError(line);
      if (error) throw error;
      if (!res.headersSent) {
        contextOf(res).errorEvent = (failure: ApiError) => `${ollamaErrorBody(failure)}\n`;
        res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' });
      }
      if (!res.write(`${line}\n`)) await once(res, 'drain', { signal });
    }
    res.end();
  }
}

function blobPath(digest: string): string {
  return `${ENGINE_PATHS.blobs}/${encodeURIComponent(digest)}`;
}

/** The id of the request, and a signal that says that its client is gone. */
function exchangeOf(res: ServerResponse): { readonly requestId: string; readonly signal: AbortSignal } {
  const abort = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) abort.abort(LEFT);
  });
  return { requestId: contextOf(res).id, signal: abort.signal };
}
