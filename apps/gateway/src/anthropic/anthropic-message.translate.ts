import {
  backendUnavailable,
  type AnswerMessage,
  type AnthropicAnswerBlock,
  type AnthropicMessage,
  type AnthropicStopReason,
  type ChatCompletion,
} from '@local-llm-agent/contracts';

/** What thinking blocks carry in place of Anthropic's signature: nothing here checks one. */
export const SIGNATURE = 'unsigned';

/** Why and where an answer ended. */
export interface AnswerEnd {
  readonly stop_reason: AnthropicStopReason;
  /** The stop sequence that was met; some runtimes do not tell. */
  readonly stop_sequence: string | null;
}

/** Anthropic's id for an answer. */
function toMessageId(id: string): string {
  return `msg_${id.replace(/^chatcmpl-/, '')}`;
}

const STOP_REASONS: Readonly<Record<string, AnthropicStopReason>> = { length: 'max_tokens', tool_calls: 'tool_use' };

/** The end in Anthropic's words. `stop` is the stop text that was met, where the runtime told. */
export function toAnswerEnd(reason: string | null | undefined, stop: string | undefined): AnswerEnd {
  if (stop !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: stop };
  return { stop_reason: STOP_REASONS[reason ?? ''] ?? 'end_turn', stop_sequence: null };
}

/** Usage in Anthropic's form. Nobody here asks for a cache, so that all tokens of the prompt count as input. */
export function toUsage(inputTokens: number, outputTokens: number): AnthropicMessage['usage'] {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: null,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
    speed: null,
  };
}

/** A message around its content. */
export function toMessage(
  head: { readonly id: string; readonly model: string },
  content: AnthropicAnswerBlock[],
  end: AnswerEnd | undefined,
  usage: AnthropicMessage['usage'],
): AnthropicMessage {
  return {
    id: toMessageId(head.id),
    type: 'message',
    role: 'assistant',
    model: head.model,
    content,
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: end?.stop_reason ?? null,
    stop_sequence: end?.stop_sequence ?? null,
    usage,
  };
}

/** A text block. Without citations there is no word of them, as at Anthropic: some clients take no null there. */
export function textBlock(text: string): AnthropicAnswerBlock {
  return { type: 'text', text };
}

/** A block with what the model thought. */
export function thinkingBlock(thinking: string, signature: string): AnthropicAnswerBlock {
  return { type: 'thinking', thinking, signature };
}

/** A call of a tool. */
export function toolUseBlock(call: { id: string; name: string; input: unknown }): AnthropicAnswerBlock {
  return { type: 'tool_use', ...call, caller: { type: 'direct' } };
}

function inputOf(name: string, text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw backendUnavailable(`The model called '${name}' with something that is not JSON. Try again.`, {
      origin: 'runtime',
      cause,
    });
  }
}

function toBlocks(message: AnswerMessage, withThinking: boolean): AnthropicAnswerBlock[] {
  const { reasoning_content: thoughts, content, tool_calls: calls = [] } = message;
  return [
    ...(withThinking && thoughts ? [thinkingBlock(thoughts, SIGNATURE)] : []),
    ...(content ? [textBlock(content)] : []),
    ...calls.flatMap((call) =>
      call.type === 'function'
        ? [
            toolUseBlock({
              id: call.id,
              name: call.function.name,
              input: inputOf(call.function.name, call.function.arguments),
            }),
          ]
        : [],
    ),
  ];
}

/** The plain answer. Throws for a tool call that is not JSON. */
export function toAnthropicMessage(completion: ChatCompletion, withThinking: boolean): AnthropicMessage {
  const choice = completion.choices[0];
  const { usage } = completion;
  return toMessage(
    completion,
    choice ? toBlocks(choice.message, withThinking) : [],
    toAnswerEnd(choice?.finish_reason, choice?.stop_reason),
    toUsage(usage?.prompt_tokens ?? 0, usage?.completion_tokens ?? 0),
  );
}
