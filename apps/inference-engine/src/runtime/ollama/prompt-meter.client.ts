import { contextLengthExceeded, type ApiError } from '@local-llm-agent/contracts';
import { boundedSignal } from '@local-llm-agent/http';
import type { ChatInput, EmbeddingCall, PlainMessage } from '../runtime.contract.js';
import type { ControlCall, OllamaClient } from './ollama.client.js';
import { readPromptTokens, readRendered } from './ollama.translate.js';
import { estimatePromptTokens, sampleOf, toPromptText } from './prompt-length.estimate.js';
import { countByPadding } from './prompt-padding.estimate.js';
import { toEmbedBody, toProbeBody, toRenderBody, toTextProbeBody, type Held } from './request-body.translate.js';

/** An error should not be much later than an answer would have been. */
const MEASURE_TIMEOUT_MS = 2000;
/** Characters of a text whose tokens are counted to tell how long the whole is. */
const SAMPLE_CHARACTERS = 1000;
const SMALLEST_SAMPLE = 32;
const SMALL_CHAT: readonly PlainMessage[] = [{ role: 'user', content: 'x' }];
const BARE_CHAT: ChatInput = { type: 'chat', messages: [], tools: [], effort: undefined, templateOptions: {} };

/** Measures prompts by asking Ollama, which has no call for that. The models are in memory meanwhile. */
export class PromptMeter {
  /**
   * Tokens of the context as {@link countByPadding} sees it, by the frame of the prompt: model, context, tools. Only
   * the last one, for it costs the evaluation of a small chat.
   */
  private room: { readonly frame: string; readonly tokens: number } | undefined;

  constructor(private readonly client: OllamaClient) {}

  /** The prompt that Ollama makes of a chat, all of it. */
  async render(input: ChatInput, held: Held, signal: AbortSignal): Promise<string> {
    return this.rendered(toRenderBody(input, held, true, false), held, signal);
  }

  /** The error for a prompt that is too long, with about its length. Throws the signal's reason. */
  async tooLong(input: ChatInput | string, held: Held, signal: AbortSignal): Promise<ApiError> {
    const { contextLength } = held.plan;
    const bounded = boundedSignal(signal, MEASURE_TIMEOUT_MS);
    const [chat, text, param] =
      typeof input === 'string' ? [BARE_CHAT, input, 'prompt'] : [input, toPromptText(input.messages), 'messages'];
    const render = (sample: readonly PlainMessage[]): Promise<string> =>
      this.rendered(toRenderBody({ ...chat, messages: sample }, held, false, true), held, bounded.signal);
    const tokens = await estimatePromptTokens({ text, contextLength, render }).finally(bounded.end);
    signal.throwIfAborted();
    return contextLengthExceeded(tokens, contextLength, { exact: false, param });
  }

  /**
   * Tokens of the prompt of a chat, without reading it: text of known length is put before it until Ollama says that
   * it no longer fits. It is right to a few tokens; for a prompt that does not fit, to about one per cent.
   */
  async count(input: ChatInput, held: Held, signal: AbortSignal): Promise<number> {
    const { contextLength } = held.plan;
    const render = (messages: readonly PlainMessage[]): Promise<string> =>
      this.rendered(toRenderBody({ ...input, messages }, held, false, true), held, signal);
    const left = await countByPadding({ messages: input.messages, contextLength, render });
    if (left === undefined) return estimatePromptTokens({ text: toPromptText(input.messages), contextLength, render });
    const body = toProbeBody({ ...input, messages: SMALL_CHAT }, held);
    const frame = JSON.stringify(body);
    if (this.room?.frame !== frame) {
      const small = await this.probed({ path: '/api/chat', body, signal }, held);
      const beside = await countByPadding({ messages: SMALL_CHAT, contextLength, render });
      this.room = { frame, tokens: small + (beside ?? 0) };
    }
    return Math.max(1, this.room.tokens - left);
  }

  /** Tokens of a prompt, and of the text that was written after it, both read for the count. */
  async usage(
    input: ChatInput | string,
    written: string,
    held: Held,
    signal: AbortSignal,
  ): Promise<{ readonly promptTokens: number; readonly completionTokens: number }> {
    const probe =
      typeof input === 'string'
        ? { path: '/api/generate', body: toTextProbeBody(input, held) }
        : { path: '/api/chat', body: toProbeBody(input, held) };
    const promptTokens = await this.probed({ ...probe, signal }, held);
    const completionTokens = await this.probed(
      { path: '/api/generate', body: toTextProbeBody(written, held), signal },
      held,
    );
    return { promptTokens, completionTokens };
  }

  /** The error for inputs of which Ollama says that one is too long, with which and about its length. */
  async inputTooLong(
    { plan }: EmbeddingCall,
    texts: readonly string[],
    signal: AbortSignal,
    threads: number | undefined,
  ): Promise<ApiError> {
    const bounded = boundedSignal(signal, MEASURE_TIMEOUT_MS);
    const longest = texts.reduce((best, text, index) => (text.length > (texts[best]?.length ?? 0) ? index : best), 0);
    const text = texts[longest] ?? '';
    const param = texts.length === 1 ? 'input' : `input[${longest}]`;
    const { contextLength } = plan;
    const perCharacter = await this.density(text, { plan, threads }, bounded.signal).finally(bounded.end);
    signal.throwIfAborted();
    const tokens = Math.max(contextLength + 1, Math.round(text.length * perCharacter));
    return contextLengthExceeded(tokens, contextLength, { exact: false, param });
  }

  /** Tokens for each character, from a sample that fits; a rule of thumb where none does. */
  private async density(text: string, held: Pick<Held, 'plan' | 'threads'>, signal: AbortSignal): Promise<number> {
    for (let length = SAMPLE_CHARACTERS; length >= SMALLEST_SAMPLE; length = Math.floor(length / 2)) {
      const sample = sampleOf(text, length);
      try {
        const body = toEmbedBody(held, [sample]);
        const answer = await this.client.control({ method: 'POST', path: '/api/embed', body, signal });
        const tokens = readPromptTokens(answer);
        if (tokens !== undefined && sample.length > 0) return tokens / sample.length;
      } catch {
        // Still too long, or out of time, or the runtime went away: what is known so far is the estimate.
        if (signal.aborted) break;
      }
    }
    return 1 / 4;
  }

  private async probed(call: Pick<ControlCall, 'path' | 'body' | 'signal'>, held: Held): Promise<number> {
    const answer = await this.client.control({ ...call, method: 'POST', timeoutMs: null, model: held.plan.name });
    const tokens = readPromptTokens(answer);
    if (tokens === undefined) throw this.garbage(answer);
    return tokens;
  }

  private async rendered(body: object, held: Held, signal: AbortSignal): Promise<string> {
    const model = held.plan.name;
    const answer = await this.client.control({ method: 'POST', path: '/api/chat', body, signal, model });
    const text = readRendered(answer);
    if (text === undefined) throw this.garbage(answer);
    return text;
  }

  private garbage(body: unknown): Error {
    return this.client.explain({ type: 'fault', kind: 'garbage', sample: JSON.stringify(body) }, undefined);
  }
}
