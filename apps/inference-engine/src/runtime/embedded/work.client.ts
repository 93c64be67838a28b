import type { AnswerEvent, CountCall, EmbeddingCall, Embeddings, GenerationCall } from '../runtime.contract.js';
import { formatGrammar } from './answer-format.translate.js';
import type { Work, WorkEvent } from './embedded.messages.js';

/** Lets a model process do some work; its events come in batches, the last one at the end. */
export type RunWork = (work: Work, signal: AbortSignal) => AsyncGenerator<readonly WorkEvent[]>;

function isAnswerEvent(event: WorkEvent): event is Extract<WorkEvent, AnswerEvent> {
  return event.type === 'text' || event.type === 'finish';
}

/** Writes a text; see the runtime contract. Throws a 400 for a form that cannot be guaranteed. */
export async function* generateWith(
  run: RunWork,
  call: GenerationCall,
  signal: AbortSignal,
): AsyncGenerator<readonly AnswerEvent[]> {
  const { input, maxTokens, sampling, stop, logprobs, stream, plan } = call;
  const grammar = formatGrammar(call.format);
  const order = {
    ...{ input, maxTokens, sampling, stop, stream },
    ...(grammar === undefined ? {} : { grammar }),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(plan.lora === undefined ? {} : { lora: plan.lora.path }),
  };
  for await (const events of run({ kind: 'generate', order }, signal)) yield events.filter(isAnswerEvent);
}

/** Brings a LoRA over the model; see {@link Attachments}. */
export async function attachWith(
  run: RunWork,
  lora: string,
  signal: AbortSignal,
): Promise<{ readonly addedBytes: number; readonly bytes: number }> {
  let attached = { addedBytes: 0, bytes: 0 };
  for await (const events of run({ kind: 'attach', lora }, signal))
    for (const event of events) if (event.type === 'attached') attached = event;
  return attached;
}

/** Tokens of the prompt that the chat would have; see the runtime contract. */
export async function countWith(run: RunWork, { input }: CountCall, signal: AbortSignal): Promise<number> {
  let tokens = 0;
  for await (const events of run({ kind: 'count', input }, signal))
    for (const event of events) if (event.type === 'count') tokens = event.tokens;
  return tokens;
}

/** Turns texts into vectors; see the runtime contract. */
export async function embedWith(run: RunWork, { inputs }: EmbeddingCall, signal: AbortSignal): Promise<Embeddings> {
  const vectors: (readonly number[])[] = [];
  let promptTokens = 0;
  for await (const events of run({ kind: 'embed', inputs }, signal)) {
    for (const event of events) {
      if (event.type === 'vector') vectors.push(event.vector);
      if (event.type === 'embedded') ({ promptTokens } = event);
    }
  }
  return { vectors, promptTokens };
}
