import type { Token } from 'node-llama-cpp';
import type { LoadedModel, ModelSlot } from './model.service.js';
import { chunkEnd, chunkStart, type SlotRequest } from './slot.policy.js';
import type { SlotLease } from './slot-pool.state.js';

/** A prompt that stands in the cache of a slot, but for its end. */
export interface ReadyPrompt {
  /** The end of the prompt, not yet evaluated: its evaluation also gives the first token. */
  readonly rest: Token[];
  /** Tokens of the prompt that were in the cache already. */
  readonly cachedTokens: number;
}

/** Waits for a slot. */
export function takeSlot(
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

/** Brings the cache of the slot to the prompt, but for its last chunk. Undefined when cancelled. */
export async function evaluatePrompt(
  { slot, keep }: SlotLease<ModelSlot>,
  { prompt, chunk }: { prompt: readonly number[]; chunk: number },
  signal: AbortSignal,
): Promise<ReadyPrompt | undefined> {
  const { sequence } = slot;
  const tokens = prompt as readonly Token[];
  await sequence.adaptStateToTokens(tokens.slice(0, keep), false);
  // Some models cannot take back a part of their cache and begin further ahead than asked.
  const cachedTokens = sequence.nextTokenIndex;
  let position = cachedTokens;
  slot.evenTokens = Math.min(slot.evenTokens, position);
  while (chunkEnd(position, chunk) < tokens.length) {
    if (signal.aborted) return undefined;
    const end = chunkEnd(position, chunk);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(position, end));
    if (slot.evenTokens === position && position === chunkStart(position, chunk)) slot.evenTokens = end;
    position = end;
  }
  return signal.aborted ? undefined : { rest: tokens.slice(position), cachedTokens };
}
