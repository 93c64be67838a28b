import type { FinishReason, TokenLogprob } from '@local-llm-agent/contracts';
import { AnswerTextState, type AnswerStep } from './answer-text.state.js';
import { TemplateRefusal } from './chat-template.translate.js';
import type { GenerationOrder, WorkEnd, WorkEvent, WorkFailure } from './embedded.messages.js';
import type { LoadedModel } from './model.service.js';
import { PromptRefusal, assertTokens, chatPrompt, textPrompt, type Prompt } from './prompt.translate.js';
import { sample, toLogprob, type SamplingStart } from './sampler.service.js';
import { evaluatePrompt, takeSlot } from './slot-lease.service.js';

/** Where the events of some work go, and what cancels it. */
export interface WorkChannel {
  /** Takes an event; settles when the next one may come. */
  readonly write: (event: WorkEvent) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Text and log-probabilities of an answer that is not streamed leave in parts of this size. */
const MOST_TEXT = 16_384;
const MOST_LOGPROBS = 128;

const CANCELLED: WorkEnd = { type: 'cancelled' };

/** What kept some work from being done. */
export function toFailure(error: unknown): WorkFailure {
  if (error instanceof PromptRefusal) return { kind: 'invalid', message: error.message, param: error.param };
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof TemplateRefusal ? 'messages' : 'internal', reason };
}

/** Writes one text. It never throws; cancelling takes effect after the evaluation in progress. */
export async function generate(model: LoadedModel, order: GenerationOrder, channel: WorkChannel): Promise<WorkEnd> {
  try {
    const prompt = promptOf(model, order);
    const { tokens } = prompt;
    if (tokens.length >= model.contextLength) {
      const param = order.input.type === 'chat' ? 'messages' : 'prompt';
      const { contextLength } = model;
      return { type: 'failed', failure: { kind: 'contextLength', promptTokens: tokens.length, contextLength, param } };
    }
    const reproducible = order.sampling.seed !== undefined || order.sampling.temperature === 0;
    const lease = await takeSlot(model, { prompt: tokens, chunk: model.chunk, reproducible }, channel.signal);
    if (lease === 'cancelled') return CANCELLED;
    if (lease === 'busy') return { type: 'failed', failure: { kind: 'busy', slots: model.slotCount } };
    const { slot } = lease;
    try {
      const ready = await evaluatePrompt(lease, { prompt: tokens, chunk: model.chunk }, channel.signal);
      if (ready === undefined) return CANCELLED;
      return await new Answer(model, order, channel).write(prompt, { ...ready, slot, prompt: tokens });
    } catch (error) {
      slot.evenTokens = 0;
      await slot.sequence.clearHistory();
      throw error;
    } finally {
      model.slots.release(slot);
    }
  } catch (error) {
    return { type: 'failed', failure: toFailure(error) };
  }
}

function promptOf(model: LoadedModel, { input, grammar, sampling }: GenerationOrder): Prompt {
  for (const token of Object.keys(sampling.logitBias ?? {}))
    assertTokens([Number(token)], model.prompt.tokenizer.size, `logit_bias.${token}`);
  const prompt =
    input.type === 'chat' ? chatPrompt(input, model.prompt, grammar !== undefined) : textPrompt(input, model.prompt);
  if (prompt.tokens.length === 0) throw new PromptRefusal('The prompt has no tokens: send some text.', 'prompt');
  return prompt;
}

/** One answer while it is written. */
class Answer {
  private readonly text: AnswerTextState;
  private unsent = '';
  private unsentLogprobs: TokenLogprob[] = [];
  /** The stop text of the request that was met. */
  private stopText: string | undefined;
  /** The whole text so far, of an answer whose form is given. */
  private whole = '';

  constructor(
    private readonly model: LoadedModel,
    private readonly order: GenerationOrder,
    private readonly channel: WorkChannel,
  ) {
    // A grammar ends the answer by itself, and its texts may contain anything.
    const stops = order.grammar === undefined && order.input.type === 'chat' ? model.prompt.template.stops : [];
    this.text = new AnswerTextState(model.detokenize, [...order.stop, ...stops], order.logprobs !== undefined);
  }

  /** Goes on until the model ends its answer, a stop text comes, or the tokens or the context are used up. */
  async write(prompt: Prompt, start: SamplingStart & { readonly cachedTokens: number }): Promise<WorkEnd> {
    const { model, order, channel } = this;
    const { signal } = channel;
    const promptTokens = prompt.tokens.length;
    const most = Math.min(order.maxTokens, model.contextLength - promptTokens);
    if (prompt.opened !== '') await channel.write({ type: 'text', text: prompt.opened });
    // The token that ends the answer is counted: it was generated, and Ollama counts it too.
    let completionTokens = 0;
    let reason: FinishReason = 'length';
    for await (const { token, scores } of sample(model, order, start)) {
      completionTokens++;
      if (signal.aborted) return CANCELLED;
      if (model.isEnd(token)) {
        reason = 'stop';
        break;
      }
      const logprob = scores && toLogprob(model, { token, scores }, this.text.before, order.logprobs ?? 0);
      const step = this.text.push(token, logprob);
      await this.pass(step);
      if (step.stopped) reason = 'stop';
      if (step.stopped || completionTokens >= most) break;
    }
    const last = this.text.flush();
    await this.pass(last);
    if (last.stopped || this.isComplete()) reason = 'stop';
    await this.send();
    if (signal.aborted) return CANCELLED;
    const usage = { promptTokens, completionTokens, cachedTokens: start.cachedTokens };
    const told = this.stopText === undefined ? {} : { stopText: this.stopText };
    return { type: 'event', event: { type: 'finish', reason, usage, ...told }, last: true };
  }

  private async pass({ text, logprobs, stop }: AnswerStep): Promise<void> {
    // The template's own stop texts end a turn; nobody asked for them.
    if (stop !== undefined && this.order.stop.includes(stop)) this.stopText = stop;
    this.unsent += text;
    this.unsentLogprobs.push(...logprobs);
    if (this.order.grammar !== undefined) this.whole += text;
    if (this.order.stream || this.unsent.length >= MOST_TEXT || this.unsentLogprobs.length >= MOST_LOGPROBS)
      await this.send();
  }

  private async send(): Promise<void> {
    if (this.unsent === '') return;
    const { unsent: text, unsentLogprobs: logprobs } = this;
    this.unsent = '';
    this.unsentLogprobs = [];
    await this.channel.write({ type: 'text', text, ...(this.order.logprobs === undefined ? {} : { logprobs }) });
  }

  /** Whether an answer whose form is given is whole, though there was no token left to end it with. */
  private isComplete(): boolean {
    if (this.whole === '') return false;
    try {
      JSON.parse(this.whole);
      return true;
    } catch {
      // Cut in the middle: the finish reason says so.
      return false;
    }
  }
}
