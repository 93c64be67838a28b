import { randomInt } from 'node:crypto';
import type { FinishReason, Usage } from '@local-llm-agent/contracts';
import type { Token } from 'node-llama-cpp';
import { TemplateRefusal } from './chat-template.translate.js';
import type { ChatFailure, ChatOrder } from './embedded.messages.js';
import type { LoadedModel, ModelSlot } from './model.service.js';
import { promptTokens } from './prompt.translate.js';
import { chunkEnd, chunkStart, type SlotRequest } from './slot.policy.js';
import type { SlotLease } from './slot-pool.state.js';
import { StopTextState } from './stop-text.state.js';
import { TokenTextState } from './token-text.state.js';

/** How a chat ended. */
export type ChatEnd =
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage; readonly stopText?: string }
  | { readonly type: 'failed'; readonly failure: ChatFailure }
  | { readonly type: 'cancelled' };

/** Takes a text; settles when the next one may come. */
export type WriteText = (text: string) => Promise<void>;

/** The same as Ollama's default, so that a model answers alike on both runtimes. The API has no such parameter. */
const TOP_K = 40;
/** Seeds are 32 bits; llama.cpp takes the largest as a wish for a random one. */
const SEEDS = 2 ** 32 - 1;

const CANCELLED: ChatEnd = { type: 'cancelled' };

/** Answers one chat. It never throws; cancelling takes effect after the evaluation in progress. */
export async function answerChat(
  model: LoadedModel,
  order: ChatOrder,
  { write, signal }: { write: WriteText; signal: AbortSignal },
): Promise<ChatEnd> {
  try {
    const prompt = promptTokens(order.messages, model.prompt);
    if (prompt.length >= model.contextLength) {
      const { contextLength } = model;
      return { type: 'failed', failure: { kind: 'contextLength', promptTokens: prompt.length, contextLength } };
    }
    const reproducible = order.seed !== undefined || order.temperature === 0;
    const lease = await takeSlot(model, { prompt, chunk: model.chunk, reproducible }, signal);
    if (lease === 'cancelled') return CANCELLED;
    if (lease === 'busy') return { type: 'failed', failure: { kind: 'busy', slots: model.slotCount } };
    try {
      const rest = await evaluatePrompt(lease, { prompt, chunk: model.chunk }, signal);
      if (rest === undefined) return CANCELLED;
      return await generate(model, order, { slot: lease.slot, prompt, rest, write, signal });
    } catch (error) {
      lease.slot.evenTokens = 0;
      await lease.slot.sequence.clearHistory();
      throw error;
    } finally {
      model.slots.release(lease.slot);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { type: 'failed', failure: { kind: error instanceof TemplateRefusal ? 'messages' : 'internal', reason } };
  }
}

function takeSlot(
  model: LoadedModel,
  request: SlotRequest,
  signal: AbortSignal,
): Promise<SlotLease<ModelSlot> | 'cancelled' | 'busy'> {
  if (signal.aborted) return Promise.resolve('cancelled');
  return new Promise((resolve) => {
    const onAbort = (): void => {
      withdraw?.();
      resolve('cancelled');
    };
    const withdraw = model.slots.take(request, (lease) => {
      signal.removeEventListener('abort', onAbort);
      resolve(lease);
    });
    if (withdraw === undefined) resolve('busy');
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Brings the cache of the slot to the prompt, but for its last chunk, which is returned: its evaluation also gives the
 * first token. Undefined when cancelled.
 */
async function evaluatePrompt(
  { slot, keep }: SlotLease<ModelSlot>,
  { prompt, chunk }: { prompt: readonly number[]; chunk: number },
  signal: AbortSignal,
): Promise<Token[] | undefined> {
  const { sequence } = slot;
  const tokens = prompt as readonly Token[];
  await sequence.adaptStateToTokens(tokens.slice(0, keep), false);
  // Some models cannot take back a part of their cache and begin further ahead than asked.
  let position = sequence.nextTokenIndex;
  slot.evenTokens = Math.min(slot.evenTokens, position);
  while (chunkEnd(position, chunk) < tokens.length) {
    if (signal.aborted) return undefined;
    const end = chunkEnd(position, chunk);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(position, end));
    if (slot.evenTokens === position && position === chunkStart(position, chunk)) slot.evenTokens = end;
    position = end;
  }
  return signal.aborted ? undefined : tokens.slice(position);
}

interface Generation {
  readonly slot: ModelSlot;
  readonly prompt: readonly number[];
  /** The end of the prompt, not yet evaluated. */
  readonly rest: Token[];
  readonly write: WriteText;
  readonly signal: AbortSignal;
}

/** Generates until the model ends its answer, a stop text comes, or the tokens or the context are used up. */
async function generate(model: LoadedModel, order: ChatOrder, generation: Generation): Promise<ChatEnd> {
  const { prompt, signal } = generation;
  const most = Math.min(order.maxTokens, model.contextLength - prompt.length);
  const text = new TokenTextState(model.detokenize);
  const stops = new StopTextState([...order.stop, ...model.prompt.template.stops]);
  let unsent = '';
  const pass = async (piece: string): Promise<void> => {
    unsent += piece;
    if (!order.stream || unsent === '') return;
    const sending = unsent;
    unsent = '';
    await generation.write(sending);
  };
  // The token that ends the answer is counted: it was generated, and Ollama counts it too.
  let completionTokens = 0;
  let reason: FinishReason = 'length';
  let stopped = false;
  let stopText: string | undefined;
  for await (const token of sample(order, generation)) {
    completionTokens++;
    if (signal.aborted) return CANCELLED;
    if (model.isEnd(token)) {
      reason = 'stop';
      break;
    }
    const step = stops.push(text.push(token));
    await pass(step.text);
    stopped = step.stopped;
    stopText = step.stop;
    if (stopped || completionTokens >= most) break;
  }
  if (!stopped) {
    const last = stops.push(text.flush());
    stopped = last.stopped;
    stopText = last.stop;
    await pass(last.text + stops.flush());
  }
  if (unsent !== '') await generation.write(unsent);
  if (signal.aborted) return CANCELLED;
  const usage = { promptTokens: prompt.length, completionTokens };
  // The template's own stop texts end a turn; nobody asked for them.
  const told = stopText !== undefined && order.stop.includes(stopText) ? { stopText } : {};
  return { type: 'finish', reason: stopped ? 'stop' : reason, usage, ...told };
}

function sample(order: ChatOrder, { slot, rest }: Generation): AsyncGenerator<Token, void> {
  return slot.sequence.evaluate(rest, {
    temperature: order.temperature,
    topP: order.topP,
    topK: TOP_K,
    seed: order.seed === undefined ? randomInt(SEEDS) : (order.seed >>> 0) % SEEDS,
    yieldEogToken: true,
    contextShift: {
      // Never reached, because the tokens are counted; if it were, an error is better than a prompt that is cut.
      strategy: () => {
        throw new Error('the context is full');
      },
    },
  });
}
