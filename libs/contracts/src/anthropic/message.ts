import type Anthropic from '@anthropic-ai/sdk';

/** Answer of `POST /v1/messages`, in Anthropic's type. */
export type AnthropicMessage = Anthropic.Message;

/** A block of an answer. */
export type AnthropicAnswerBlock = Anthropic.TextBlock | Anthropic.ThinkingBlock | Anthropic.ToolUseBlock;

/** One event of a streamed answer. */
export type AnthropicStreamEvent = Anthropic.RawMessageStreamEvent;

/** What an event adds to a block. */
export type AnthropicBlockDelta = Anthropic.RawContentBlockDelta;

/** Why an answer ended. */
export type AnthropicStopReason = Anthropic.StopReason;

/** Answer of `POST /v1/messages/count_tokens`. */
export type AnthropicTokenCount = Anthropic.MessageTokensCount;

/** The error body of the Anthropic API. */
export interface AnthropicErrorBody {
  readonly type: 'error';
  readonly error: {
    readonly type: Anthropic.ErrorType | 'request_too_large';
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
  readonly request_id: string;
}
