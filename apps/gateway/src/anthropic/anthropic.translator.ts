import type { ApiError, AnthropicStreamEvent, ChatCompletion, ChatCompletionChunk } from '@local-llm-agent/contracts';
import { anthropicErrorBody } from '../http/anthropic-error.translate.js';
import type { AnswerTranslator } from '../inference/answer-translator.types.js';
import { toAnthropicMessage } from './anthropic-message.translate.js';
import { AnthropicStream } from './anthropic-stream.state.js';

/** Anthropic's clients drop events that have no `event:` line. */
function write(event: AnthropicStreamEvent | { readonly type: 'ping' | 'error' }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** What an answer has to know of its request. */
interface AnswerTerms {
  readonly requestId: string;
  /** Whether the client wants to see what the model thinks. */
  readonly withThinking: boolean;
  /** Estimated; a stream tells it first where the runtime has no tokenizer at hand. */
  readonly promptTokens: number;
  /** An error of the chat in Anthropic's words. */
  toError(error: ApiError): ApiError;
}

/** Answers of a chat in the dialect of Anthropic. One for each request. */
export class AnthropicAnswer implements AnswerTranslator {
  readonly contentType = 'text/event-stream; charset=utf-8';
  private readonly stream: AnthropicStream;

  constructor(private readonly terms: AnswerTerms) {
    this.stream = new AnthropicStream(terms.withThinking, terms.promptTokens);
  }

  whole(body: string): string {
    return JSON.stringify(toAnthropicMessage(JSON.parse(body) as ChatCompletion, this.terms.withThinking));
  }

  chunk(chunk: ChatCompletionChunk): string {
    return this.stream.chunk(chunk).map(write).join('');
  }

  waiting(): string {
    return write({ type: 'ping' });
  }

  end(): string {
    return this.stream.end().map(write).join('');
  }

  error(error: ApiError): string {
    return write(anthropicErrorBody(this.terms.toError(error), this.terms.requestId));
  }
}
