import type { ApiError, AnthropicStreamEvent, ChatCompletion, ChatCompletionChunk } from '@local-llm-agent/contracts';
import { anthropicErrorBody } from '../http/anthropic-error.translate.js';
import type { AnswerTranslator } from '../inference/answer.translator.js';
import { toAnthropicMessage } from './anthropic-message.translate.js';
import { AnthropicStream } from './anthropic-stream.state.js';

/** Anthropic's clients drop events that have no `event:` line. */
function write(event: AnthropicStreamEvent | { readonly type: 'ping' | 'error' }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Answers of a chat in the dialect of Anthropic. One for each request. */
export class AnthropicAnswer implements AnswerTranslator {
  readonly contentType = 'text/event-stream; charset=utf-8';
  private readonly stream: AnthropicStream;

  /** @param withThinking whether the client wants to see what the model thinks */
  constructor(
    private readonly requestId: string,
    private readonly withThinking: boolean,
  ) {
    this.stream = new AnthropicStream(withThinking);
  }

  whole(body: string): string {
    return JSON.stringify(toAnthropicMessage(JSON.parse(body) as ChatCompletion, this.withThinking));
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
    return write(anthropicErrorBody(error, this.requestId));
  }
}
