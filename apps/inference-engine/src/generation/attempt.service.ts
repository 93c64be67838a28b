import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@local-llm-agent/observability';
import { LOGGER_TOKEN } from '../engine.tokens.js';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import { PlacementService } from '../placement/placement.service.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import type { LoadPlan, Runtime } from '../runtime/runtime.contract.js';
import { remedyOf, type Remedy } from './attempt.policy.js';
import { SlotService, type ContextWish, type FoundModel, type HeldSlot, type SlotOrder } from './slot.service.js';

/** A request for a slot of a model. Aborting its signal ends it, wherever it is. */
export interface AttemptOrder extends SlotOrder {
  /** The name asked for. */
  readonly model: string;
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

/** One attempt. Its own signal ends it when its runtime is lost before it began to answer. */
class Try implements Attempt {
  readonly capabilities;
  readonly model;
  hasSpoken = false;
  answerTokens: number | undefined;
  private readonly abort = new AbortController();
  private readonly unguard: () => void;
  private slot: HeldSlot | undefined;

  constructor(
    private found: FoundModel,
    private readonly order: AttemptOrder,
    private readonly services: {
      readonly larger: (found: FoundModel, wish: ContextWish) => Promise<FoundModel>;
      readonly wait: (found: FoundModel, signal: AbortSignal) => Promise<HeldSlot>;
      readonly guard: (abort: AbortController) => () => void;
      readonly answered: () => void;
    },
  ) {
    this.capabilities = found.capabilities;
    this.model = found.model;
    this.unguard = services.guard(this.abort);
    order.signal.addEventListener('abort', this.onAbort, { once: true });
    if (order.signal.aborted) this.onAbort();
  }

  get demand(): FoundModel['demand'] {
    return this.found.demand;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  async ask(contextLength: number, param: string): Promise<void> {
    if (contextLength <= this.demand.contextLength) return;
    this.found = await this.services.larger(this.found, { contextLength, param });
  }

  async take(answerTokens?: number): Promise<LoadPlan> {
    this.answerTokens = answerTokens;
    this.slot = await this.services.wait(this.found, this.signal);
    return this.slot.plan;
  }

  spoke(): void {
    if (this.hasSpoken) return;
    this.hasSpoken = true;
    this.unguard();
    this.services.answered();
  }

  end(): void {
    this.unguard();
    this.order.signal.removeEventListener('abort', this.onAbort);
    this.slot?.release();
    this.slot = undefined;
  }

  private readonly onAbort = (): void => {
    this.abort.abort(this.order.signal.reason);
  };
}

/**
 * Lets a request try again where that is safe: its runtime went away before it began to answer, or its prompt needs a
 * larger context than the model is loaded with. The slot of an attempt is free before the next one begins.
 */
@Injectable()
export class AttemptService {
  constructor(
    private readonly slots: SlotService,
    private readonly placement: PlacementService,
    private readonly watch: RuntimeWatch,
    private readonly metrics: EngineMetrics,
    @Inject(LOGGER_TOKEN) private readonly logger: Logger,
  ) {}

  /**
   * Finds the model and lets it be used, again where the first use failed for reasons that are not the request's.
   * @param use one attempt; may be called several times, so nothing of it may have reached the client before `spoke`
   */
  async run<T>(order: AttemptOrder, res: ServerResponse, use: (attempt: Attempt) => Promise<T>): Promise<T> {
    const failed: (Runtime | undefined)[] = [];
    let avoid: readonly Runtime[] = [];
    let enlarged = 0;
    let larger: FoundModel | undefined;
    for (;;) {
      let attempt: Try | undefined;
      try {
        const found = larger ?? (await this.slots.find(order.model, order, avoid, res));
        larger = undefined;
        attempt = this.begin(found, order, res);
        return await use(attempt);
      } catch (error) {
        attempt?.end();
        const runtime = attempt?.model.runtime;
        this.placement.failed(runtime, error);
        const again = failed.includes(runtime);
        const places = [...failed, runtime].filter((each) => each !== undefined);
        const remedy = remedyOf(error, {
          attempts: failed.length + enlarged + 1,
          spoke: attempt?.hasSpoken ?? false,
          others: attempt !== undefined && this.placement.hasOther(attempt.model.hosts, places),
          again,
          enlarged,
          answerTokens: attempt?.answerTokens,
        });
        if (attempt && remedy.type === 'larger') {
          larger = await this.slots.enlarge(attempt, order, remedy);
          enlarged += 1;
        } else {
          failed.push(runtime);
          if (!(await this.prepare(remedy, runtime, order.signal))) throw error;
          avoid = remedy.type === 'again' ? places.filter((each) => each !== runtime) : places;
        }
        this.tell(error, remedy, runtime);
      } finally {
        attempt?.end();
      }
    }
  }

  private begin(found: FoundModel, order: AttemptOrder, res: ServerResponse): Try {
    const breaker = this.watch.of(found.model.runtime);
    return new Try(found, order, {
      larger: (small, wish) => this.slots.ask(small, order, wish),
      wait: (chosen, signal) => this.slots.take(chosen, order.terms, res, signal),
      guard: (abort) => breaker.guard(abort),
      answered: () => {
        breaker.answered();
      },
    });
  }

  /** Gets ready for the next attempt; false when there is none to be had. Rejects with the signal's reason. */
  private async prepare(remedy: Remedy, runtime: Runtime | undefined, signal: AbortSignal): Promise<boolean> {
    switch (remedy.type) {
      case 'giveUp':
      case 'larger':
        return false;
      case 'elsewhere':
        return true;
      case 'again':
        await pause(remedy.pauseMs, undefined, { signal }).catch(() => {
          signal.throwIfAborted();
        });
        return runtime === undefined || (await this.watch.answers(runtime));
    }
  }

  private tell(err: unknown, remedy: Remedy, runtime: Runtime | undefined): void {
    const id = runtime?.id ?? 'unknown';
    this.metrics.triedAgain(id, remedy.type);
    this.logger.warn({ err, runtime: id, remedy: remedy.type }, 'a request is tried again');
  }
}
