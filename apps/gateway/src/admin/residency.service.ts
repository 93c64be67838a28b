import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ENGINE_PATHS, invalidRequest, type ModelResidence } from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { EngineManagementClient } from '../inference/engine-management.client.js';

/** Longest time that the engine may take to tell its state, which it does without asking anybody. */
const STATUS_TIMEOUT_MS = 5000;
/** Longest time for what runtimes have to tell: more than the engine gives itself. */
const PLANS_TIMEOUT_MS = 12_000;
const LEFT = new Error('The client left.');

/** Asks the engine for its state and for changes of what is in memory. All answers are JSON texts of the engine. */
@Injectable()
export class ResidencyService {
  constructor(private readonly engine: EngineManagementClient) {}

  /** The state of the engine now, an `EngineStatus`. */
  status(res: ServerResponse): Promise<string> {
    const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS);
    return this.engine.text({ method: 'GET', path: ENGINE_PATHS.status, requestId: contextOf(res).id, signal });
  }

  /** What the models in memory did, an `EngineTimeline`; with `since` (Unix ms) only what goes on or ended later. */
  timeline(since: number | undefined, res: ServerResponse): Promise<string> {
    const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS);
    const query = since === undefined ? '' : `?since=${new Date(since).toISOString()}`;
    const path = ENGINE_PATHS.timeline + query;
    return this.engine.text({ method: 'GET', path, requestId: contextOf(res).id, signal });
  }

  /** What each model would take to be in memory, `ModelPlans`. */
  plans(res: ServerResponse): Promise<string> {
    const signal = AbortSignal.timeout(PLANS_TIMEOUT_MS);
    return this.engine.text({ method: 'GET', path: ENGINE_PATHS.modelPlans, requestId: contextOf(res).id, signal });
  }

  /** Has the engine change something about one model. A client that leaves ends the wait. */
  async change(path: string, model: string, res: ServerResponse): Promise<string> {
    const abort = new AbortController();
    res.once('close', () => {
      if (!res.writableFinished) abort.abort(LEFT);
    });
    const { id: requestId } = contextOf(res);
    return this.engine.text({ method: 'POST', path, body: { model }, requestId, signal: abort.signal });
  }

  /** Unloads a model. Throws a 400 for one that is pinned: nobody should unpin it by accident. */
  async unload(model: string, res: ServerResponse): Promise<string> {
    const answer = await this.change(ENGINE_PATHS.unloadModel, model, res);
    const { state, model: shown } = JSON.parse(answer) as ModelResidence;
    if (state !== 'pinned') return answer;
    const path = `/admin/models/${encodeURIComponent(shown)}/unpin`;
    throw invalidRequest(`The model '${shown}' is pinned: it stays in memory. To unload it, POST ${path} first.`, {
      param: 'id',
    });
  }
}
