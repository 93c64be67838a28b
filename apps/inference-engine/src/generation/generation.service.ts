import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { MOST_TOKENS, backendUnavailable, relocated } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { RequestWatch, contextOf } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../engine.tokens.js';
import type { ResolvedModel } from '../residency/model.directory.js';
import type { AnswerEvent, ChatInput, LoadPlan, ModelCapabilities } from '../runtime/runtime.contract.js';
import type { AnswerEncoder, CallDraft, EventReader } from './generation.types.js';
import { AnswerClock } from './answer.clock.js';
import { AttemptService, type Attempt } from './attempt.service.js';
import { AnswerStream } from './answer.stream.js';
import { ChoiceState, UsageState } from './choice.state.js';
import type { RequestTerms } from './request-terms.parse.js';
import type { FoundModel } from './slot.service.js';

/** What is to be written for a request, once its model is known. */
export interface AnswerDraft {
  /** One for each choice, in the order of their indexes. */
  readonly calls: readonly CallDraft[];
  /** How many choices in a row answer the same prompt. */
  readonly sharing: number;
  readonly encoder: AnswerEncoder;
  /** A reader for the events of one choice; none where they pass as they are. */
  readonly reader: ((index: number) => EventReader) | undefined;
  /** Tokens of context that the client insists on. */
  readonly contextLength: number | undefined;
  /** The chat whose tokens a stream tells before its first event, where that costs no time; none where nobody asked. */
  readonly counted?: ChatInput | undefined;
  /** Where a field of a call that a runtime refuses stands in the request; as the runtime says without it. */
  readonly place?: (param: string) => string;
}

/** Between two comments of a stream whose client wants to know its place in the queue. */
const WAIT_EVENT_MS = 1000;

/** A request for text. */
export interface GenerationOrder {
  readonly model: string;
  readonly terms: RequestTerms;
  readonly streaming: boolean;
  /** See {@link AttemptOrder.beginning}. */
  readonly beginning: () => string;
  /** Throws a 400 for what this model cannot do. */
  readonly draft: (model: ResolvedModel, capabilities: ModelCapabilities) => AnswerDraft;
}

interface Exchange {
  readonly attempt: Attempt;
  readonly plan: LoadPlan;
  readonly draft: AnswerDraft;
  readonly answer: AnswerStream;
  readonly clock: AnswerClock;
}

/**
 * The one road to a runtime for text: finds the model, checks what it can do, waits for a slot, writes one choice after
 * the other in it, and frees it.
 */
@Injectable()
export class GenerationService {
  constructor(
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    private readonly attempts: AttemptService,
    private readonly watch: RequestWatch,
  ) {}

  /** Answers into the response. Throws an ApiError for what could not be answered. */
  async answer(order: GenerationOrder, res: ServerResponse): Promise<void> {
    const abort = new AbortController();
    const { signal } = abort;
    const answer = new AnswerStream(res, this.timesOf(res, order.terms), order.streaming, abort);
    const onWait = answer.waitsFor.bind(answer);
    const terms: RequestTerms = order.streaming ? { ...order.terms, onWait } : order.terms;
    res.once('close', () => {
      if (!res.writableFinished) abort.abort(backendUnavailable('The client left.'));
    });
    const clock = new AnswerClock(contextOf(res).startedAt);
    const forget = this.watch.add(answer);
    try {
      const { model, beginning } = order;
      await this.attempts.run({ model, terms, purpose: 'generation', signal, beginning }, res, (attempt) =>
        this.write(attempt, order, { answer, clock }),
      );
    } finally {
      forget();
    }
  }

  /** One attempt. Nothing reaches the client before the runtime has begun to answer. */
  private async write(
    attempt: Attempt,
    order: GenerationOrder,
    { answer, clock }: Pick<Exchange, 'answer' | 'clock'>,
  ): Promise<void> {
    const draft = order.draft(attempt.model, attempt.capabilities);
    if (draft.contextLength !== undefined) await attempt.ask(draft.contextLength, 'options.num_ctx');
    this.refuse(attempt, draft);
    const plan = await attempt.take(answerTokensOf(draft));
    clock.slotTaken();
    const exchange = { attempt, plan, draft, answer, clock };
    if (order.streaming) await this.stream(exchange);
    else await this.collect(exchange);
  }

  private timesOf(res: ServerResponse, terms: RequestTerms): ConstructorParameters<typeof AnswerStream>[1] {
    return {
      deadlineAt: contextOf(res).startedAt + terms.timeoutMs,
      idleMs: this.settings.STREAM_IDLE_SECONDS * 1000,
      heartbeatMs: this.settings.HEARTBEAT_SECONDS * 1000,
      waitMs: terms.waitEvents ? WAIT_EVENT_MS : this.settings.HEARTBEAT_SECONDS * 1000,
    };
  }

  /** What can be refused before anything waits. */
  private refuse({ model, demand }: FoundModel, draft: AnswerDraft): void {
    const plan = { name: model.name, contextLength: demand.contextLength, slots: demand.slots };
    for (const [index, call] of draft.calls.entries()) {
      // Answers to one prompt differ in their seeds only: what is refused of one is refused of all.
      if (index % draft.sharing !== 0) continue;
      const refusal = model.runtime.refusal({ plan, ...call });
      if (refusal?.param !== undefined && draft.place) throw relocated(refusal, draft.place(refusal.param));
      if (refusal) throw refusal;
    }
  }

  private async stream(exchange: Exchange): Promise<void> {
    const { attempt, plan, draft, answer, clock } = exchange;
    const { model, signal } = attempt;
    const { calls, encoder } = draft;
    const usage = new UsageState(draft.sharing);
    if (draft.counted && model.runtime.hasTokenizer) {
      const { tokens } = await model.runtime.countTokens({ plan, input: draft.counted }, signal);
      encoder.prompt?.(tokens);
    }
    for (const [index, call] of calls.entries()) {
      answer.next();
      for await (const events of this.eventsOf(exchange, call, index)) {
        clock.spoke();
        const finish = finishOf(events);
        if (finish) usage.add(index, finish.usage);
        const text = encoder.encode(index, events);
        if (!finish || index < calls.length - 1) await answer.send(text);
        else answer.end(text + encoder.close(usage.usage, clock.timings), usage.usage);
      }
    }
  }

  private async collect(exchange: Exchange): Promise<void> {
    const { draft, answer, clock } = exchange;
    const usage = new UsageState(draft.sharing);
    const choices = [];
    for (const [index, call] of draft.calls.entries()) {
      const state = new ChoiceState();
      answer.next();
      for await (const events of this.eventsOf(exchange, call, index)) {
        answer.touch();
        clock.spoke();
        state.add(events);
        const finish = finishOf(events);
        if (finish) usage.add(index, finish.usage);
      }
      if (state.choice) choices.push(state.choice);
    }
    answer.finish(draft.encoder.whole(choices, usage.usage, clock.timings), usage.usage);
  }

  /** The events of one choice, up to its finish. Throws when the runtime ends without one. */
  private async *eventsOf(
    { attempt, plan, draft }: Exchange,
    call: CallDraft,
    index: number,
  ): AsyncGenerator<readonly AnswerEvent[]> {
    const { model, signal } = attempt;
    const reader = draft.reader?.(index);
    for await (const events of model.runtime.generate({ plan, ...call }, signal)) {
      attempt.spoke();
      yield reader ? reader.read(events) : events;
      if (finishOf(events)) return;
    }
    throw backendUnavailable(
      `The runtime ${model.runtime.name} ended the answer too early. Try again; its log has the reason.`,
      { origin: 'runtime' },
    );
  }
}

function finishOf(events: readonly AnswerEvent[]): Extract<AnswerEvent, { type: 'finish' }> | undefined {
  const last = events.at(-1);
  return last?.type === 'finish' ? last : undefined;
}

/** Most tokens of the longest answer; undefined where only the context bounds it. */
function answerTokensOf({ calls }: AnswerDraft): number | undefined {
  const most = Math.max(0, ...calls.map(({ maxTokens }) => maxTokens));
  return most === MOST_TOKENS ? undefined : most;
}
