import {
  GENERATION_DEFAULTS,
  invalidRequest,
  unknownFieldsOf,
  type ChatCompletionRequest,
  type FunctionTool,
} from '@local-llm-agent/contracts';
import type { ModelTerms } from '../generation/sampling.translate.js';
import type { EventReader } from '../generation/generation.types.js';
import type { CallDraft } from '../generation/generation.types.js';
import { boundOf, samplingOfChoice, toSamplingTerms } from '../generation/sampling.translate.js';
import type { AnswerFormat, ChatInput, ModelCapabilities, Tool } from '../runtime/runtime.contract.js';
import { ForcedToolCall, TaggedAnswer, type NextId } from './chat-events.state.js';
import { firstImagePath, toPlainMessages, withSystem } from './chat-messages.translate.js';
import { hasToolHistory, toCallSchema, toPromptedMessages, toolParameterPath } from './tool-prompt.translate.js';

/** A chat in the words of the runtime contract. */
export interface ChatPlan {
  /** What every call answers. */
  readonly input: ChatInput;
  readonly calls: readonly CallDraft[];
  readonly reader: (() => EventReader) | undefined;
  readonly contextLength: number | undefined;
  /** Where a field that a runtime refuses stands in the request. */
  readonly place: (param: string) => string;
}

function toTool({ function: { name, description, parameters } }: FunctionTool): Tool {
  return {
    name,
    description: description ?? undefined,
    parameters: parameters ?? { type: 'object', properties: {} },
  };
}

/** What the tools of a request come to. */
interface ToolPlan {
  readonly offered: readonly Tool[];
  /** The answer must be a call of one of the offered tools. */
  readonly forced: boolean;
  readonly parallel: boolean;
}

function toToolPlan(request: ChatCompletionRequest): ToolPlan {
  const tools = (request.tools ?? []).map(toTool);
  const choice = request.tool_choice ?? 'auto';
  const parallel = request.parallel_tool_calls !== false;
  if (choice === 'none') return { offered: [], forced: false, parallel };
  if (typeof choice === 'string') return { offered: tools, forced: choice === 'required', parallel };
  return { offered: tools.filter(({ name }) => name === choice.function.name), forced: true, parallel };
}

function toFormat(request: ChatCompletionRequest): AnswerFormat {
  const format = request.response_format;
  switch (format?.type) {
    case 'json_schema':
      return { type: 'schema', schema: format.json_schema.schema, path: 'response_format.json_schema.schema' };
    case 'json_object':
      return { type: 'json' };
    case 'text':
    case undefined:
      return { type: 'text' };
  }
}

/**
 * How the tools reach the model.
 * 1. A call that is forced: the tools are told in the prompt, and the answer is constrained to the form of a call.
 * 2. The runtime takes tools: it gets them, and the history as it is.
 * 3. Else the tools and the history are told in the prompt, and calls are found in the text.
 */
function toChatInput(
  messages: ChatInput['messages'],
  tools: ToolPlan,
  capabilities: ModelCapabilities,
): Pick<ChatInput, 'messages' | 'tools'> {
  // 1. and 3.
  if (tools.offered.length > 0 && (tools.forced || capabilities.tools === 'none'))
    return { messages: toPromptedMessages(messages, tools.offered, tools.parallel && !tools.forced), tools: [] };
  // 2.
  if (capabilities.tools !== 'none') return { messages, tools: tools.offered };
  return { messages: hasToolHistory(messages) ? toPromptedMessages(messages, [], true) : messages, tools: [] };
}

function toReader(tools: ToolPlan, capabilities: ModelCapabilities, nextId: NextId): ChatPlan['reader'] {
  if (tools.forced) return () => new ForcedToolCall(nextId);
  const wanted = {
    thinking: capabilities.thinking === 'text',
    toolCalls: tools.offered.length > 0 && capabilities.tools !== 'native',
    parallel: tools.parallel,
  };
  return wanted.thinking || wanted.toolCalls ? () => new TaggedAnswer(wanted, nextId) : undefined;
}

/** The request as calls of a runtime, one for each answer. Throws a 400 for what the model cannot do. */
export function toChatPlan(
  request: ChatCompletionRequest,
  model: ModelTerms & { readonly capabilities: ModelCapabilities },
  nextId: NextId,
): ChatPlan {
  const { defaults, system, capabilities } = model;
  const image = capabilities.vision ? undefined : firstImagePath(request.messages);
  if (image !== undefined) {
    throw invalidRequest(`${image} is an image, but the model '${request.model}' does not see. Ask a vision model.`, {
      param: image,
    });
  }
  const tools = toToolPlan(request);
  const format = toFormat(request);
  if (tools.forced && format.type !== 'text') {
    throw invalidRequest('response_format cannot be used when a tool call is required.', { param: 'response_format' });
  }
  const { sampling, stop, contextLength } = toSamplingTerms(request, defaults);
  const input: ChatInput = {
    type: 'chat',
    ...toChatInput(withSystem(system, toPlainMessages(request.messages)), tools, capabilities),
    effort: request.reasoning_effort ?? undefined,
    templateOptions: request.chat_template_kwargs ?? {},
  };
  const draft: Omit<CallDraft, 'sampling'> = {
    input,
    maxTokens: boundOf(request, defaults, GENERATION_DEFAULTS.maxTokens),
    stop,
    tellStop: request.include_stop_reason === true,
    format: tools.forced ? { type: 'schema', schema: toCallSchema(tools.offered), path: 'tools' } : format,
    logprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : undefined,
    // Without events on the way nobody knows when the first token came.
    stream: request.stream === true || request.include_timings === true,
    unknownFields: unknownFieldsOf(request),
  };
  const calls = Array.from({ length: request.n ?? 1 }, (_, index) => ({
    sampling: samplingOfChoice(sampling, index),
    ...draft,
  }));
  const names = (request.tools ?? []).map((tool) => tool.function.name);
  const place = (param: string): string => toolParameterPath(param, tools.offered, names);
  return { input, calls, contextLength, place, reader: toReader(tools, capabilities, nextId) };
}
