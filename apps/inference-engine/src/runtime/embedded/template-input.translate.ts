import type { ReasoningEffort } from '@local-llm-agent/contracts';
import type { ChatInput, PlainMessage, Tool, ToolCall } from '../runtime.contract.js';

/** Variables of a chat template that come from a request. */
export type TemplateInput = Readonly<Record<string, unknown>>;

/** What clients must not set: the chat itself, and the marks that hold it together. */
const OURS = new Set(['messages', 'tools', 'bos_token', 'eos_token', 'add_generation_prompt']);

/** How templates are told of the effort. They know no more than three levels. */
const EFFORTS: Readonly<Record<ReasoningEffort, TemplateInput>> = {
  none: { enable_thinking: false },
  minimal: { enable_thinking: false, reasoning_effort: 'low' },
  low: { enable_thinking: true, reasoning_effort: 'low' },
  medium: { enable_thinking: true, reasoning_effort: 'medium' },
  high: { enable_thinking: true, reasoning_effort: 'high' },
  xhigh: { enable_thinking: true, reasoning_effort: 'high' },
  max: { enable_thinking: true, reasoning_effort: 'high' },
};

/** Arguments as the object that templates expect; broken ones stay the text they are. */
function toArguments(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch {
    // What a model wrote may be no JSON; templates write a text as it is.
    return text;
  }
}

function toCall({ id, name, arguments: text }: ToolCall): unknown {
  return { id, type: 'function', function: { name, arguments: toArguments(text) } };
}

function toMessage(message: PlainMessage): unknown {
  const { role, content, toolCalls, reasoning, toolCallId, toolName } = message;
  return {
    role,
    content,
    ...(toolCalls === undefined ? {} : { tool_calls: toolCalls.map(toCall) }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(toolName === undefined ? {} : { name: toolName }),
  };
}

function toTool({ name, description, parameters }: Tool): unknown {
  return { type: 'function', function: { name, ...(description === undefined ? {} : { description }), parameters } };
}

/**
 * The variables of a chat template for a chat, in the form that templates are written for: OpenAI's, with arguments as
 * objects.
 * @param plain the answer must not begin with thoughts
 */
export function toTemplateInput(input: ChatInput, plain: boolean): TemplateInput {
  const options = Object.entries(input.templateOptions).filter(([name]) => !OURS.has(name));
  return {
    // Templates are written for a renderer that always passes these, and test them with `is none`.
    documents: null,
    ...(input.effort === undefined ? {} : EFFORTS[input.effort]),
    ...Object.fromEntries(options),
    ...(plain ? { enable_thinking: false } : {}),
    messages: input.messages.map(toMessage),
    tools: input.tools.length === 0 ? null : input.tools.map(toTool),
  };
}
