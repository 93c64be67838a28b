import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  ApiError,
  HEADERS,
  backendUnavailable,
  type ChatCompletionRequest,
  type Tier,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { RequestWatch, contextOf } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../engine.tokens.js';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import { ModelDirectory, type ResolvedModel } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { LoadPlan } from '../runtime/runtime.contract.js';
import { SchedulerService, type Lease } from '../scheduler/scheduler.service.js';
import { AnswerStream, collect } from './answer.stream.js';
import { ChunkEncoder, toChatCall, toChatCompletion, type AnswerHead } from './chat.translate.js';

/** What the gateway says about a request. */
export interface ChatOrder {
  readonly request: ChatCompletionRequest;
  readonly tier: Tier;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
}

/** Longest wait for the runtimes to say what they hold. */
const RECONCILE_TIMEOUT_MS = 2000;

/** Answers chats: finds the model, waits for a slot of it, lets the runtime answer, frees the slot. */
@Injectable()
export class ChatService {
  constructor(
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    private readonly directory: ModelDirectory,
    private readonly scheduler: SchedulerService,
    private readonly residency: ResidencyService,
    private readonly watch: RequestWatch,
    private readonly metrics: EngineMetrics,
  ) {}

  /** Answers into the response. Throws an ApiError for what could not be answered. */
  async answer(order: ChatOrder, res: ServerResponse): Promise<void> {
    const abort = new AbortController();
    const context = contextOf(res);
    const { request } = order;
    const streaming = request.stream === true;
    const answer = new AnswerStream(
      res,
      {
        deadlineAt: context.startedAt + order.timeoutMs,
        idleMs: this.settings.STREAM_IDLE_SECONDS * 1000,
        heartbeatMs: this.settings.HEARTBEAT_SECONDS * 1000,
      },
      streaming,
      abort,
    );
    res.once('close', () => {
      if (!res.writableFinished) abort.abort(backendUnavailable('The client left.'));
    });
    const forget = this.watch.add(answer);
    let lease: Lease | undefined;
    try {
      const model = await this.directory.resolve(request.model, order.tier);
      context.model = model.name;
      this.name(model, res);
      lease = await this.lease(model, order, abort.signal);
      this.metrics.waited(model.name, order.tier, performance.now() - context.startedAt);
      const plan = { name: model.name, contextLength: lease.demand.contextLength, slots: lease.demand.slots };
      await this.run(model, plan, { order, answer, signal: abort.signal });
    } catch (error) {
      if (error instanceof ApiError && error.origin === 'runtime') this.lookAfterRuntimes();
      throw error;
    } finally {
      forget();
      lease?.release();
    }
  }

  /** A runtime failed: its models may be gone, and the next request should not wait for the regular look. */
  private lookAfterRuntimes(): void {
    // What goes wrong in a look is logged by the residency itself.
    void this.residency.reconcile(AbortSignal.timeout(RECONCILE_TIMEOUT_MS));
  }

  private async lease(model: ResolvedModel, order: ChatOrder, signal: AbortSignal): Promise<Lease> {
    const demand = await this.residency.demandFor(model, signal);
    return this.scheduler.acquire({ demand, tier: order.tier, timeoutMs: order.timeoutMs, signal });
  }

  private async run(
    model: ResolvedModel,
    plan: LoadPlan,
    exchange: { order: ChatOrder; answer: AnswerStream; signal: AbortSignal },
  ): Promise<void> {
    const { answer, signal } = exchange;
    const { request } = exchange.order;
    const call = toChatCall(request, plan, model.defaults);
    const head: AnswerHead = {
      id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      model: model.shownAs,
    };
    const batches = model.runtime.chat(call, signal);
    if (!call.stream) {
      const result = await collect(batches, () => {
        answer.touch();
      });
      if (!result) throw unfinished(model);
      answer.finish(JSON.stringify(toChatCompletion(head, result.text, result.reason, result.usage)), result.usage);
      return;
    }
    const encoder = new ChunkEncoder(head, request.stream_options?.include_usage === true);
    for await (const events of batches) {
      await answer.send(encoder, events);
      if (events.at(-1)?.type === 'finish') return;
    }
    throw unfinished(model);
  }

  private name(model: ResolvedModel, res: ServerResponse): void {
    // HTTP headers carry printable ASCII only; a model's file name may have anything.
    res.setHeader(HEADERS.servedModel, encodeURIComponent(model.name));
    if (model.fallbackFrom !== undefined) res.setHeader(HEADERS.fallbackFrom, encodeURI(model.fallbackFrom));
  }
}

function unfinished(model: ResolvedModel): Error {
  return backendUnavailable(
    `The runtime ${model.runtime.name} ended the answer too early. Try again; its log has the reason.`,
    { origin: 'runtime' },
  );
}
