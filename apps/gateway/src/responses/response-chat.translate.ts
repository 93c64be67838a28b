import {
  INCLUDE_LOGPROBS,
  joinedName,
  type ChatCompletionRequest,
  type ChatMessage,
  type FunctionTool,
  type ResponseFormat,
  type ResponseItem,
  type ResponseRequest,
  type ToolChoice,
} from '@local-llm-agent/contracts';
import type { PlacedItem } from './response-items.translate.js';
import { toChatTools } from './response-tools.translate.js';

/** A response as the chat it comes to. */
export interface ChatPlan {
  readonly chat: ChatCompletionRequest;
  /** For each message of the chat: the path of the parameter that it came from. */
  readonly paths: readonly string[];
}

type Item<Type extends ResponseItem['type']> = Extract<ResponseItem, { type: Type }>;
type MessageItem = Item<'message'>;
type Part = MessageItem['content'][number];
type ChatPart = Exclude<NonNullable<ChatMessage['content']>, string>[number];

function toPart(part: Part): ChatPart {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: part.text };
    case 'refusal':
      return { type: 'refusal', refusal: part.refusal };
    case 'input_image':
      return { type: 'image_url', image_url: { url: part.image_url ?? '', detail: part.detail } };
    case 'input_file':
      throw new Error('The check of the input lets no files through.');
  }
}

function toContent(message: MessageItem): ChatMessage['content'] {
  const [only] = message.content;
  if (message.content.length === 1 && only && 'text' in only) return only.text;
  return (message.content as readonly Part[]).map(toPart);
}

/** What the model thought: its words, or what a summary says of them. */
function thoughtsOf({ content, summary }: Item<'reasoning'>): string {
  return (content?.length ? content : summary).map(({ text }) => text).join('\n');
}

function outputText({ output }: Item<'function_call_output'>): string {
  if (typeof output === 'string') return output;
  return output.map((part) => (part.type === 'input_text' ? part.text : '')).join('');
}

function outputImages({ output }: Item<'function_call_output'>): readonly ChatPart[] {
  return typeof output === 'string' ? [] : output.filter(({ type }) => type === 'input_image').map(toPart);
}

/**
 * Puts items together to messages. What a model did in one go (its thoughts, its text, its calls) is one message of
 * the assistant; thoughts or a text after calls, or after a text, begin another one.
 */
class MessageList {
  readonly messages: ChatMessage[] = [];
  readonly paths: string[] = [];
  /** What tools gave to look at. Messages of tools carry text only, so that the user shows it once all have answered. */
  private images: { readonly parts: ChatPart[]; readonly path: string } | undefined;

  add({ item, path }: PlacedItem): void {
    if (item.type !== 'function_call_output') this.showImages();
    switch (item.type) {
      case 'message':
        if (item.role === 'assistant') this.assistant(path, true).content = toContent(item);
        else this.push({ role: item.role, content: toContent(item) }, path);
        break;
      case 'reasoning': {
        const thoughts = thoughtsOf(item);
        if (thoughts === '') break;
        const message = this.assistant(path, true);
        const before = message.reasoning_content;
        message.reasoning_content = before ? `${before}\n${thoughts}` : thoughts;
        break;
      }
      case 'function_call': {
        const message = this.assistant(path, false);
        const call = { name: joinedName(item.namespace, item.name), arguments: item.arguments };
        message.tool_calls = [...(message.tool_calls ?? []), { id: item.call_id, type: 'function', function: call }];
        break;
      }
      case 'function_call_output':
        this.push({ role: 'tool', tool_call_id: item.call_id, content: outputText(item) }, path);
        for (const part of outputImages(item)) {
          this.images ??= { parts: [], path };
          this.images.parts.push(part);
        }
    }
  }

  /** Adds what is still to be shown: after the last item. */
  showImages(): void {
    const { images } = this;
    this.images = undefined;
    if (images) this.push({ role: 'user', content: images.parts }, images.path);
  }

  push(message: ChatMessage, path: string): ChatMessage {
    this.messages.push(message);
    this.paths.push(path);
    return message;
  }

  /** The assistant's message that the next item belongs to. @param fresh whether it must not have said anything yet */
  private assistant(path: string, fresh: boolean): ChatMessage {
    const last = this.messages.at(-1);
    const said = last?.tool_calls !== undefined || (last?.content ?? '') !== '';
    if (last?.role === 'assistant' && !(fresh && said)) return last;
    return this.push({ role: 'assistant', content: '' }, path);
  }
}

interface ToolTerms {
  tools?: FunctionTool[];
  tool_choice?: ToolChoice;
}

function toToolTerms({ tools, tool_choice: choice }: ResponseRequest): ToolTerms {
  const all = toChatTools(tools);
  if (all.length === 0) return {};
  if (choice === undefined || choice === null) return { tools: all };
  if (typeof choice === 'string') return { tools: all, tool_choice: choice };
  if (choice.type === 'function')
    return { tools: all, tool_choice: { type: 'function', function: { name: choice.name } } };
  const allowed = new Set(choice.tools.map(({ name }) => name));
  return { tools: all.filter((tool) => allowed.has(tool.function.name)), tool_choice: choice.mode };
}

function toFormat(text: ResponseRequest['text']): ResponseFormat | undefined {
  const format = text?.format;
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { type: 'json_object' };
    case 'json_schema': {
      const { name, schema, strict, description } = format;
      return {
        type: 'json_schema',
        json_schema: {
          name,
          schema,
          ...(strict === undefined ? {} : { strict }),
          ...(description === undefined ? {} : { description }),
        },
      };
    }
  }
}

/** What is the same in both APIs, and what only runtimes know: everything but what is translated or for us alone. */
function passedOn(request: ResponseRequest): Partial<ChatCompletionRequest> {
  const {
    input: _input,
    instructions: _instructions,
    previous_response_id: _previous,
    store: _store,
    max_output_tokens: _most,
    tools: _tools,
    tool_choice: _choice,
    text: _text,
    reasoning: _reasoning,
    include: _include,
    metadata: _metadata,
    safety_identifier: _safety,
    prompt_cache_key: _cacheKey,
    stream_options: _options,
    ...rest
  } = request;
  // Their harmless values need not be said, and some a chat would not know.
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !OURS.has(name)));
}

const OURS: ReadonlySet<string> = new Set([
  'client_metadata',
  'background',
  'conversation',
  'prompt',
  'truncation',
  'max_tool_calls',
  'context_management',
  'moderation',
  'service_tier',
  'prompt_cache_retention',
  'prompt_cache_options',
  'n',
  'logprobs',
  'top_logprobs',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'response_format',
  'reasoning_effort',
  'audio',
]);

/** The chat that answers a request which goes on from this conversation. */
export function toChatPlan(request: ResponseRequest, conversation: readonly PlacedItem[]): ChatPlan {
  const list = new MessageList();
  if (request.instructions) list.push({ role: 'system', content: request.instructions }, 'instructions');
  for (const placed of conversation) list.add(placed);
  list.showImages();
  const format = toFormat(request.text);
  const effort = request.reasoning?.effort;
  const chat: ChatCompletionRequest = {
    ...passedOn(request),
    model: request.model,
    messages: list.messages,
    ...toToolTerms(request),
    ...(request.max_output_tokens ? { max_completion_tokens: request.max_output_tokens } : {}),
    ...(format ? { response_format: format } : {}),
    ...(effort ? { reasoning_effort: effort } : {}),
    ...(request.include?.includes(INCLUDE_LOGPROBS) ? { logprobs: true, top_logprobs: request.top_logprobs ?? 0 } : {}),
    ...(request.stream ? { stream_options: { include_usage: true } } : {}),
  };
  return { chat, paths: list.paths };
}
