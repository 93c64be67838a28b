import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@local-llm-agent/observability';
import { LOGGER_TOKEN } from '../engine.tokens.js';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import type { LoadPlan, ModelPurpose, Runtime } from '../runtime/runtime.contract.js';
import { remedyOf, type Remedy } from './attempt.policy.js';
import type { RequestTerms } from './request-terms.parse.js';
import { SlotService, type FoundModel, type HeldSlot } from './slot.service.js';

/** A request for a slot of a model. */
export interface AttemptOrder {
  /** The name asked for. */
  readonly model: string;
  readonly terms: RequestTerms;
  readonly purpose: ModelPurpose;
  /** Aborting it ends the request, wherever it is. */
  readonly signal: AbortSignal;
}

/** One try to answer a request on one runtime. */
export interface Attempt extends FoundModel {
  /** Aborted with the request, and when the attempt is given up. */
  readonly signal: AbortSignal;
  /**
   * Asks for a model with room for so many tokens in all, before its slot is taken. Throws a 400 that names the
   * parameter when there cannot be so much.
   */
  ask(contextLength: number, param: string): Promise<void>;
  /**
   * Waits for a slot of the model; it is held until the attempt ends.
   * @param answerTokens most tokens of the answer, for which a context that has to be larger should have room
   */
  take(answerTokens?: number): Promise<LoadPlan>;
  /** To be called when the runtime begins to answer: from then on the request is never tried again. */
  spoke(): void;
}

/** Longest wait for a runtime to say that it is back. */
const HEALTH_TIMEOUT_MS = 2000;

class Try implements Attempt {
  hasSpoken = false;
  answerTokens: number | undefined;
  private slot: HeldSlot | undefined;

  constructor(
    private found: FoundModel,
    private readonly order: AttemptOrder,
    private readonly slots: { service: SlotService; res: ServerResponse },
  ) {}

  get demand(): FoundModel['demand'] {
    return this.found.demand;
  }

  get capabilities(): FoundModel['capabilities'] {
    return this.found.capabilities;
  }

  get model(): FoundModel['model'] {
    return this.found.model;
  }

  get signal(): AbortSignal {
    return this.order.signal;
  }

  async ask(contextLength: number, param: string): Promise<void> {
    if (contextLength <= this.demand.contextLength) return;
    this.found = await this.slots.service.ask(this.found, this.order, { contextLength, param });
  }

  async take(answerTokens?: number): Promise<LoadPlan> {
    this.answerTokens = answerTokens;
    const { service, res } = this.slots;
    this.slot = await service.take(this.found, this.order.terms, res, this.signal);
    return this.slot.plan;
  }

  spoke(): void {
    this.hasSpoken = true;
  }

  end(): void {
    this.slot?.release();
    this.slot = undefined;
  }
}

/**
 * Lets a request try again where that is safe: its runtime went away before it began to answer, or its prompt needs a
 * larger context than the model is loaded with. The slot of an attempt is free before the next one begins.
 */
@Injectable()
export class AttemptService {
  constructor(
    private readonly slots: SlotService,
    private readonly metrics: EngineMetrics,
    @Inject(LOGGER_TOKEN) private readonly logger: Logger,
  ) {}

  /**
   * Finds the model and lets it be used, again where the first use failed for reasons that are not the request's.
   * @param use one attempt; may be called several times, so nothing of it may have reached the client before `spoke`
   */
  async run<T>(order: AttemptOrder, res: ServerResponse, use: (attempt: Attempt) => Promise<T>): Promise<T> {
    const failed: Runtime[] = [];
    let enlarged = 0;
    let larger: FoundModel | undefined;
    for (;;) {
      const found: FoundModel = larger ?? (await this.find(order, res));
      larger = undefined;
      const attempt = new Try(found, order, { service: this.slots, res });
      try {
        return await use(attempt);
      } catch (error) {
        attempt.end();
        this.slots.failed(error);
        const { runtime } = found.model;
        const { hasSpoken: spoke, answerTokens } = attempt;
        const again = failed.includes(runtime);
        const attempts = failed.length + enlarged + 1;
        const remedy = remedyOf(error, { attempts, spoke, others: false, again, enlarged, answerTokens });
        if (remedy.type === 'larger') {
          enlarged += 1;
          larger = await this.slots.enlarge(found, order, remedy);
        } else {
          failed.push(runtime);
          if (!(await this.apply(remedy, runtime, order.signal))) throw error;
        }
        this.metrics.triedAgain(runtime.id, remedy.type);
        this.logger.warn(
          { err: error, runtime: runtime.id, model: found.model.name, remedy: remedy.type },
          'tries again',
        );
      } finally {
        attempt.end();
      }
    }
  }

  private async find(order: AttemptOrder, res: ServerResponse): Promise<FoundModel> {
    try {
      return await this.slots.find(order.model, order, res);
    } catch (error) {
      this.slots.failed(error);
      throw error;
    }
  }

  /** Prepares the next attempt; false when there is none to be had. Rejects with the signal's reason. */
  private async apply(
    remedy: Exclude<Remedy, { type: 'larger' }>,
    runtime: Runtime,
    signal: AbortSignal,
  ): Promise<boolean> {
    switch (remedy.type) {
      case 'giveUp':
        return false;
      case 'elsewhere':
        return true;
      case 'again':
        await pause(remedy.pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
        return this.answers(runtime);
    }
  }

  private async answers(runtime: Runtime): Promise<boolean> {
    try {
      return (await runtime.health(AbortSignal.timeout(HEALTH_TIMEOUT_MS))).up;
    } catch (err) {
      this.logger.debug({ err, runtime: runtime.id }, 'the runtime did not come back');
      return false;
    }
  }
}
