import type {
  AnthropicAnswerBlock,
  AnthropicBlockDelta,
  AnthropicStreamEvent,
  ChatCompletionChunk,
  ChatDelta,
} from '@local-llm-agent/contracts';
import {
  SIGNATURE,
  textBlock,
  thinkingBlock,
  toAnswerEnd,
  toMessage,
  toUsage,
  toolUseBlock,
  type AnswerEnd,
} from './anthropic-message.translate.js';

type BlockType = AnthropicAnswerBlock['type'];

/**
 * Turns the chunks of a chat into Anthropic's events, in the order that its clients insist on: `message_start`, then
 * each block as `content_block_start`, its deltas and `content_block_stop`, then `message_delta` and `message_stop`.
 */
export class AnthropicStream {
  private events: AnthropicStreamEvent[] = [];
  private started = false;
  private index = -1;
  private open: BlockType | undefined;
  private answerEnd: AnswerEnd | undefined;
  private outputTokens = 0;

  /** @param inputTokens about how many tokens the prompt has, until the engine tells */
  constructor(
    private readonly withThinking: boolean,
    private inputTokens: number,
  ) {}

  /** The events that a chunk brings; there may be none. */
  chunk(chunk: ChatCompletionChunk): readonly AnthropicStreamEvent[] {
    if (chunk.usage) {
      this.inputTokens = chunk.usage.prompt_tokens;
      this.outputTokens = chunk.usage.completion_tokens;
    }
    if (!this.started) this.start(chunk);
    const choice = chunk.choices[0];
    if (choice) {
      this.delta(choice.delta);
      if (choice.finish_reason !== null) this.answerEnd = toAnswerEnd(choice.finish_reason, choice.stop_reason);
    }
    return this.take();
  }

  /** The events that end the stream. */
  end(): readonly AnthropicStreamEvent[] {
    this.close();
    const end = this.answerEnd ?? toAnswerEnd(null, undefined);
    const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = toUsage(
      this.inputTokens,
      this.outputTokens,
    );
    this.events.push(
      {
        type: 'message_delta',
        delta: { ...end, container: null, stop_details: null },
        usage: {
          input_tokens,
          output_tokens,
          cache_creation_input_tokens,
          cache_read_input_tokens,
          output_tokens_details: null,
          server_tool_use: null,
        },
      },
      { type: 'message_stop' },
    );
    return this.take();
  }

  private start(chunk: ChatCompletionChunk): void {
    this.started = true;
    const message = toMessage(chunk, [], undefined, toUsage(this.inputTokens, this.outputTokens));
    this.events.push({ type: 'message_start', message });
  }

  private delta({ reasoning_content: thoughts, content, tool_calls: calls = [] }: ChatDelta): void {
    if (this.withThinking && thoughts) {
      this.begin('thinking', () => thinkingBlock('', ''));
      this.push({ type: 'thinking_delta', thinking: thoughts });
    }
    if (content) {
      this.begin('text', () => textBlock(''));
      this.push({ type: 'text_delta', text: content });
    }
    for (const { id, function: called } of calls) {
      if (id !== undefined) {
        this.close();
        this.begin('tool_use', () => toolUseBlock({ id, name: called?.name ?? '', input: {} }));
      }
      if (called?.arguments) this.push({ type: 'input_json_delta', partial_json: called.arguments });
    }
  }

  /** Goes on with the open block of this type, or begins one. */
  private begin(type: BlockType, block: () => AnthropicAnswerBlock): void {
    if (this.open === type) return;
    this.close();
    this.open = type;
    this.index += 1;
    this.events.push({ type: 'content_block_start', index: this.index, content_block: block() });
  }

  private close(): void {
    if (this.open === undefined) return;
    if (this.open === 'thinking') this.push({ type: 'signature_delta', signature: SIGNATURE });
    this.open = undefined;
    this.events.push({ type: 'content_block_stop', index: this.index });
  }

  private push(delta: AnthropicBlockDelta): void {
    this.events.push({ type: 'content_block_delta', index: this.index, delta });
  }

  private take(): readonly AnthropicStreamEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}
