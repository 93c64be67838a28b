import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { invalidRequest, type ModelPin, type ModelResidence } from '@local-llm-agent/contracts';
import { RequestWatch, contextOf, within } from '@local-llm-agent/http';
import { whileWanted } from '../generation/request.abort.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { AttemptService } from '../generation/attempt.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { ModelPurpose } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { heldKeys } from './model-management.service.js';

/** Brings models into memory and out of it on demand. The scheduler decides: a load waits its turn like any request. */
@Injectable()
export class ModelLoadService {
  constructor(
    private readonly attempts: AttemptService,
    private readonly directory: ModelDirectory,
    private readonly residency: ResidencyService,
    private readonly scheduler: SchedulerService,
    private readonly watch: RequestWatch,
  ) {}

  /** Takes a slot of the model and gives it back: it is in memory then. Without a purpose, for what it is made for. */
  async load(
    name: string,
    order: { terms: RequestTerms; purpose: ModelPurpose | undefined },
    res: ServerResponse,
  ): Promise<ModelResidence> {
    const { terms } = order;
    const { startedAt } = contextOf(res);
    const { watch } = this;
    const { timeoutMs } = terms;
    const late = 'The model took longer to load than the tier allows.';
    return whileWanted(res, { watch, timeoutMs, late }, async (signal) => {
      const purpose = order.purpose ?? (await this.purposeOf(name, terms, signal));
      return this.attempts.run({ model: name, terms, purpose, signal }, res, async (attempt) => {
        await attempt.take();
        return { model: attempt.model.shownAs, state: 'loaded', ms: performance.now() - startedAt };
      });
    });
  }

  /**
   * Unloads the model, or has it unloaded once nobody uses it any more. One that is pinned stays. Throws
   * `model_not_found` where only a fallback would answer: that is somebody else's.
   */
  async unload(name: string, terms: RequestTerms, res: ServerResponse): Promise<ModelResidence> {
    const { startedAt } = contextOf(res);
    const model = await this.directory.look(name, terms.tier);
    const keys = heldKeys(model);
    const answer = (state: ModelResidence['state']): ModelResidence => ({
      model: model.shownAs,
      state,
      ms: performance.now() - startedAt,
    });
    const { pinned } = this.scheduler.snapshot();
    if (keys.some((key) => pinned.includes(key))) return answer('pinned');
    const gone = await Promise.all(keys.map((key) => this.scheduler.unload(key)));
    return answer(gone.every(Boolean) ? 'unloaded' : 'in_use');
  }

  /**
   * Keeps the model in memory once it is there, or lets it go again when its memory is needed. Throws a 400 for the
   * adapter whose model has yet to be made, because it has no name yet.
   */
  async pin(name: string, pinned: boolean, terms: RequestTerms): Promise<ModelPin> {
    const model = await this.directory.look(name, terms.tier);
    if (pinned && !model.isMade)
      throw invalidRequest(
        `The model '${name}' has yet to be made of its adapter. Load it once by POST /admin/models/${encodeURIComponent(name)}/load, then pin it.`,
        { param: 'model' },
      );
    const keys = heldKeys(model);
    for (const key of keys) this.scheduler.pin(key, pinned);
    const { residents } = this.scheduler.snapshot();
    const resident = residents.some(({ demand, phase }) => phase !== 'unloading' && keys.includes(demand.key));
    return { model: model.shownAs, pinned, resident };
  }

  private async purposeOf(name: string, terms: RequestTerms, signal: AbortSignal): Promise<ModelPurpose> {
    const model = await within(signal, Promise.resolve(this.directory.resolve(name, terms.tier)));
    const { capabilities } = await this.residency.known({ ...model, purpose: 'generation' }, signal);
    return capabilities.generation ? 'generation' : 'embedding';
  }
}
