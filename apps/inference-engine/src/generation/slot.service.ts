import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ApiError, HEADERS, contextLengthExceeded, invalidRequest } from '@local-llm-agent/contracts';
import { contextOf, within } from '@local-llm-agent/http';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import type { KnownModel } from '../residency/model-demand.service.js';
import { PlacementService } from '../placement/placement.service.js';
import { ModelDirectory, type ResolvedModel } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { ContextLimit } from '../residency/residency.types.js';
import type { LoadPlan, ModelPurpose, Runtime } from '../runtime/runtime.contract.js';
import { SchedulerService, type Lease } from '../scheduler/scheduler.service.js';
import { AdapterService } from './adapter.service.js';
import type { RequestTerms } from './request-terms.parse.js';

/** The model that answers a request. */
export interface FoundModel extends KnownModel {
  readonly model: ResolvedModel;
}

/** What a request wants of a model. */
export interface SlotOrder {
  readonly terms: RequestTerms;
  readonly purpose: ModelPurpose;
  readonly signal: AbortSignal;
  /** The beginning of the prompt, which later turns have as well; none for what is no conversation. */
  readonly beginning?: (() => string) | undefined;
}

/** Tokens of context that a client asks for, and where. */
export interface ContextWish {
  readonly contextLength: number;
  readonly param: string;
}

/** A slot of the model, held until it is released. */
export interface HeldSlot {
  readonly plan: LoadPlan;
  release(): void;
}

/** Finds the model of a request and waits for a slot of it. */
@Injectable()
export class SlotService {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly scheduler: SchedulerService,
    private readonly residency: ResidencyService,
    private readonly placement: PlacementService,
    private readonly adapters: AdapterService,
    private readonly metrics: EngineMetrics,
  ) {}

  /**
   * The model that answers for the name, what it can do and what it would take. Nothing waits and nothing loads yet.
   * Throws a 400 for a model that is for something else, and the reason of the signal.
   * @param avoid runtimes where the request has failed
   */
  async find(name: string, order: SlotOrder, avoid: readonly Runtime[], res: ServerResponse): Promise<FoundModel> {
    const resolving = this.directory.resolve(name, order.terms.tier, (places) =>
      this.placement.place(places, { avoid, ...order }),
    );
    // A model that has to be made of an adapter takes minutes, and others may wait for it with more time than this one.
    const model = resolving instanceof Promise ? await within(order.signal, resolving) : resolving;
    contextOf(res).model = model.label;
    // A stream that was opened while it waited has its head already, from the attempt before.
    if (!res.headersSent) {
      // HTTP headers carry printable ASCII only; a model's file name may have anything.
      res.setHeader(HEADERS.servedModel, encodeURIComponent(model.label));
      if (model.fallbackFrom !== undefined) res.setHeader(HEADERS.fallbackFrom, encodeURI(model.fallbackFrom));
    }
    const known = await this.known(model, order);
    if (order.purpose === 'embedding' && model.lora) {
      throw invalidRequest(
        `The model '${name}' gives no embeddings here: its adapter is for texts. Ask ${model.installed} for them.`,
        { param: 'model' },
      );
    }
    if (known.capabilities[order.purpose]) return { model, ...known };
    throw invalidRequest(
      order.purpose === 'generation'
        ? `The model '${name}' writes no text: it is for embeddings only. Ask for another one of GET /v1/models.`
        : `The model '${name}' gives no embeddings. Ask for another one of GET /v1/models.`,
      { param: 'model' },
    );
  }

  /** The model with room for so many tokens, as the client asks. Throws a 400 when there cannot be so much. */
  async ask(found: FoundModel, order: SlotOrder, wish: ContextWish): Promise<FoundModel> {
    const { contextLength, param } = wish;
    const larger = await this.larger(found, order, contextLength);
    if (larger) return larger;
    const served = found.demand.contextLength;
    const limit = await this.limitOf(found, order);
    const most =
      limit === undefined
        ? `this model is served with ${served}`
        : `this model can have at most ${Math.max(limit.tokens, served)}${limit.bound === 'memory' ? ' with the memory there is' : ''}`;
    throw invalidRequest(
      `${param} asks for ${contextLength} tokens of context, but ${most}. Ask for less, or leave it out.`,
      {
        param,
      },
    );
  }

  /**
   * The model with room for a prompt that was too long, and for its answer if possible. Throws the error anew, with the
   * most that could be, when there cannot be so much.
   */
  async enlarge(
    found: FoundModel,
    order: SlotOrder,
    need: { neededTokens: number; leastTokens: number; error: ApiError },
  ): Promise<FoundModel> {
    const { neededTokens, leastTokens, error } = need;
    const larger = (await this.larger(found, order, neededTokens)) ?? (await this.larger(found, order, leastTokens));
    if (larger) return larger;
    const limit = await this.limitOf(found, order);
    if (limit === undefined || error.excess === undefined) throw error;
    const { promptTokens, exact, contextLength } = error.excess;
    throw contextLengthExceeded(promptTokens, Math.max(limit.tokens, contextLength), {
      exact,
      bound: limit.bound,
      ...(error.param === undefined ? {} : { param: error.param }),
    });
  }

  /** Waits for a slot; see {@link SchedulerService.acquire}. An adapter of the model is attached then. */
  async take(found: FoundModel, terms: RequestTerms, res: ServerResponse, signal: AbortSignal): Promise<HeldSlot> {
    const { runtime, label, lora } = found.model;
    const uncount = this.placement.count(found.demand.key);
    let lease: Lease | undefined;
    try {
      lease = await this.scheduler.acquire({ demand: found.demand, signal, ...terms });
      if (lora) await this.adapters.attach(lease.demand, lora, signal);
    } catch (error) {
      uncount();
      lease?.release();
      noteWait(res);
      throw error;
    }
    this.metrics.waited(label, terms.tier, noteWait(res));
    const held = lease;
    const { contextLength, slots, key } = held.demand;
    return {
      // The key is the runtime's id, a slash, and the name under which the model is held.
      plan: { name: key.slice(runtime.id.length + 1), contextLength, slots, ...(lora ? { lora } : {}) },
      release: () => {
        uncount();
        held.release();
      },
    };
  }

  private async larger(found: FoundModel, order: SlotOrder, tokens: number): Promise<FoundModel | undefined> {
    const { model } = found;
    const known = await this.residency.larger({ ...model, purpose: order.purpose }, tokens, order.signal);
    return known && { ...known, model };
  }

  private limitOf({ model }: FoundModel, { purpose, signal }: SlotOrder): Promise<ContextLimit | undefined> {
    return this.residency.mostContext({ ...model, purpose }, signal);
  }

  private async known(model: ResolvedModel, { purpose, signal }: SlotOrder): Promise<KnownModel> {
    try {
      return await this.residency.known({ purpose, ...model }, signal);
    } catch (error) {
      this.placement.failed(model.runtime, error);
      throw error;
    }
  }
}

/** Tells the gateway how long the request has waited, ms, which is returned. */
function noteWait(res: ServerResponse): number {
  const context = contextOf(res);
  const waited = performance.now() - context.startedAt;
  context.queueMs = Math.round(waited);
  if (!res.headersSent) res.setHeader(HEADERS.queueMs, String(context.queueMs));
  return waited;
}
