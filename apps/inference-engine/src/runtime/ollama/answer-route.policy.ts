import type { ChatInput, GenerationCall } from '../runtime.contract.js';
import { toChatBody, toInfillBody, toRawBody, type Held } from './request-body.translate.js';

/** The call of Ollama that writes an answer. */
export interface AnswerRoute {
  readonly from: 'chat' | 'generate';
  readonly path: '/api/chat' | '/api/generate';
  readonly body: object;
  /** What the prompt is made of, for measures. */
  readonly input: ChatInput | string;
}

/** A chat whose prompt has to be rendered before it can be answered. */
export interface RenderFirst {
  readonly render: ChatInput;
}

/** What gpt-oss writes before its answer, so that the grammar does not meet the channel of its thoughts. */
const HARMONY_FINAL = '<|channel|>final<|message|>';

function toRawRoute(call: GenerationCall, prompt: string, held: Held): AnswerRoute {
  return { from: 'generate', path: '/api/generate', body: toRawBody(call, prompt, held), input: prompt };
}

/**
 * The way to an answer.
 * 1. A text is gone on with as it is; one with a gap at its end goes through the model's template for that.
 * 2. A chat goes to `/api/chat`.
 * 3. But not one with a format whose model thinks: there Ollama leaves the grammar off until a first thought is over,
 *    and for good when none comes (tried: also with `think: false`, where a parser of Ollama's own reads the answer). Its
 *    prompt is rendered first, and gone on with as a text.
 */
export function toAnswerRoute(call: GenerationCall, held: Held): AnswerRoute | RenderFirst {
  const { input } = call;
  if (input.type === 'text') {
    // 1. Tokens were refused before.
    const prompt = typeof input.prompt === 'string' ? input.prompt : '';
    if (input.suffix === undefined) return toRawRoute(call, prompt, held);
    const body = toInfillBody(call, { prompt, suffix: input.suffix }, held);
    return { from: 'generate', path: '/api/generate', body, input: prompt + input.suffix };
  }
  // 3.
  if (call.format.type !== 'text' && held.traits.capabilities.thinking === 'native') return { render: input };
  // 2.
  return { from: 'chat', path: '/api/chat', body: toChatBody(call, input, held), input };
}

/** The way to an answer in a format, from the rendered prompt of its chat, which names the images by their place. */
export function toRenderedRoute(call: GenerationCall, rendered: string, held: Held): AnswerRoute {
  const prompt = held.traits.thinksBy === 'levels' ? rendered + HARMONY_FINAL : rendered;
  const images = call.input.type === 'chat' ? call.input.messages.flatMap((message) => message.images ?? []) : [];
  const route = toRawRoute(call, prompt, held);
  return images.length === 0 ? route : { ...route, body: { ...route.body, images } };
}
