import type Anthropic from '@anthropic-ai/sdk';

/** A block of an answer. Texts have no citations, and no word of them. */
export type AnthropicAnswerBlock =
  Omit<Anthropic.TextBlock, 'citations'> | Anthropic.ThinkingBlock | Anthropic.ToolUseBlock;

/** Answer of `POST /v1/messages`, in Anthropic's type. */
export type AnthropicMessage = Omit<Anthropic.Message, 'content'> & { content: AnthropicAnswerBlock[] };

/** One event of a streamed answer. */
export type AnthropicStreamEvent =
  | (Omit<Anthropic.RawMessageStartEvent, 'message'> & { message: AnthropicMessage })
  | (Omit<Anthropic.RawContentBlockStartEvent, 'content_block'> & { content_block: AnthropicAnswerBlock })
  | Exclude<Anthropic.RawMessageStreamEvent, Anthropic.RawMessageStartEvent | Anthropic.RawContentBlockStartEvent>;

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
