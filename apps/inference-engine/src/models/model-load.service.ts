import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { backendUnavailable, inferenceTimeout, type ModelResidence } from '@local-llm-agent/contracts';
import { RequestWatch, contextOf } from '@local-llm-agent/http';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { AttemptService } from '../generation/attempt.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import type { ModelPurpose } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { keysOf } from './model-management.service.js';

/** Brings models into memory and out of it on demand. The scheduler decides: a load waits its turn like any request. */
@Injectable()
export class ModelLoadService {
  constructor(
    private readonly attempts: AttemptService,
    private readonly directory: ModelDirectory,
    private readonly scheduler: SchedulerService,
    private readonly watch: RequestWatch,
  ) {}

  /** Takes a slot of the model and gives it back: it is in memory then. */
  async load(
    name: string,
    order: { terms: RequestTerms; purpose: ModelPurpose },
    res: ServerResponse,
  ): Promise<ModelResidence> {
    const { terms, purpose } = order;
    const abort = new AbortController();
    const { startedAt } = contextOf(res);
    res.once('close', () => {
      if (!res.writableFinished) abort.abort(backendUnavailable('The client left.'));
    });
    const forget = this.watch.add({
      deadlineAt: startedAt + terms.timeoutMs,
      expire: () => {
        abort.abort(inferenceTimeout('The model took longer to load than the tier allows.', { origin: 'engine' }));
      },
      stop: (error) => {
        abort.abort(error);
      },
    });
    try {
      const order = { model: name, terms, purpose, signal: abort.signal };
      return await this.attempts.run(order, res, async (attempt) => {
        await attempt.take();
        return { model: attempt.model.shownAs, state: 'loaded', ms: performance.now() - startedAt };
      });
    } finally {
      forget();
    }
  }

  /** Unloads the model, or has it unloaded once nobody uses it any more. */
  async unload(name: string, terms: RequestTerms, res: ServerResponse): Promise<ModelResidence> {
    const { startedAt } = contextOf(res);
    const model = await this.directory.resolve(name, terms.tier);
    const keys = keysOf(model.runtime, model.name);
    const gone = await Promise.all(keys.map((key) => this.scheduler.unload(key)));
    const state = gone.every(Boolean) ? 'unloaded' : 'in_use';
    return { model: model.shownAs, state, ms: performance.now() - startedAt };
  }
}
