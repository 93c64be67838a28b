import { invalidRequest, type OllamaGenerateRequest } from '@local-llm-agent/contracts';
import { decodeContext, type ContextMessage } from './context.translate.js';
import { toChatFields, toImagePart, toSharedFields } from './request-fields.translate.js';

type Fields = Record<string, unknown>;

/** Most likely tokens that a completion can tell of, as at OpenAI. */
const MOST_TOP_LOGPROBS = 5;

/** Whether the prompt goes to the model without the template for chats: as it is, or around a gap. */
export function isPlainText(request: OllamaGenerateRequest): boolean {
  return request.raw === true || isGiven(request.suffix);
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
}

function refuse(param: string, why: string): never {
  throw invalidRequest(why, { param });
}

/** The conversation before the prompt: the one sent back, and the system message, which replaces an older one. */
function historyOf(request: OllamaGenerateRequest): ContextMessage[] {
  const earlier = isGiven(request.context) ? decodeContext(request.context ?? []) : [];
  if (!isGiven(request.system)) return earlier;
  return [{ role: 'system', content: request.system ?? '' }, ...earlier.filter(({ role }) => role !== 'system')];
}

/**
 * What is refused in any form.
 * 1. A template of the request: the model's own is used, by the runtime.
 * 2. Raw text has no place for what a template would write.
 */
export function refuseConflicts(request: OllamaGenerateRequest): void {
  // 2.
  if (request.raw === true) {
    for (const field of ['template', 'system', 'context'] as const)
      if (isGiven(request[field])) refuse(field, 'raw mode does not support template, system, or context.');
    if (isGiven(request.suffix)) refuse('suffix', 'suffix cannot be used with raw: write the whole prompt yourself.');
  }
  // 1.
  if (isGiven(request.template))
    refuse('template', 'template cannot be set: the template of the model is used. raw: true uses none.');
  if (!isPlainText(request)) return;
  const mode = request.raw === true ? 'raw' : 'suffix';
  for (const field of ['system', 'context', 'images', 'format'] as const)
    if (isGiven(request[field])) refuse(field, `${field} cannot be used with ${mode}: leave one of them out.`);
}

/** The messages of a prompt with its conversation, as text. */
export function toConversation(request: OllamaGenerateRequest): ContextMessage[] {
  return [...historyOf(request), { role: 'user', content: request.prompt ?? '' }];
}

/** A prompt as a canonical chat, still to be checked. */
export function toGenerateChat(request: OllamaGenerateRequest, bounded: boolean): Fields {
  const images = request.images ?? [];
  const messages: Fields[] = toConversation(request).map((message) => ({ ...message }));
  const last = messages.at(-1);
  if (last && images.length > 0) {
    const parts = images.map((image, index) => toImagePart(image, `images[${index}]`));
    last['content'] = [{ type: 'text', text: request.prompt ?? '' }, ...parts];
  }
  return { ...toChatFields(request, bounded), messages };
}

/** A prompt as a canonical completion, still to be checked. */
export function toGenerateCompletion(request: OllamaGenerateRequest, bounded: boolean): Fields {
  const top = request.top_logprobs ?? 0;
  if (request.logprobs === true && top > MOST_TOP_LOGPROBS)
    refuse('top_logprobs', `top_logprobs must be from 0 to ${MOST_TOP_LOGPROBS} with raw or suffix.`);
  return {
    ...toSharedFields(request, bounded),
    prompt: request.prompt ?? '',
    suffix: isGiven(request.suffix) ? request.suffix : undefined,
    logprobs: request.logprobs === true ? top : undefined,
  };
}
