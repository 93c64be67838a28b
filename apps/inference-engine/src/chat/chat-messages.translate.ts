import type { ChatMessage, ImagePart } from '@local-llm-agent/contracts';
import type { PlainMessage, ToolCall } from '../runtime/runtime.contract.js';

/** Text of a message: its parts joined as they are. */
function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => (part.type === 'text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
    .join('');
}

/** Base64 of the images of a message; the request was checked, so each is a data URL. */
function imagesOf(content: ChatMessage['content']): readonly string[] {
  if (typeof content === 'string') return [];
  return (content ?? [])
    .filter((part): part is ImagePart => part.type === 'image_url')
    .map((part) => part.image_url.url.slice(part.image_url.url.indexOf(',') + 1));
}

function callsOf(message: ChatMessage): readonly ToolCall[] {
  return (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({
    id,
    name,
    arguments: text,
  }));
}

/** The messages of a request in the words of the runtime contract. */
export function toPlainMessages(messages: readonly ChatMessage[]): readonly PlainMessage[] {
  const names = new Map<string, string>();
  return messages.map((message): PlainMessage => {
    const content = textOf(message.content);
    switch (message.role) {
      case 'system':
      case 'developer':
        // `developer` is OpenAI's newer name of `system`; local chat templates know only the old one.
        return { role: 'system', content };
      case 'user': {
        const images = imagesOf(message.content);
        return { role: 'user', content, ...(images.length === 0 ? {} : { images }) };
      }
      case 'assistant': {
        const toolCalls = callsOf(message);
        for (const call of toolCalls) names.set(call.id, call.name);
        const { reasoning_content: reasoning } = message;
        return {
          role: 'assistant',
          content,
          ...(toolCalls.length === 0 ? {} : { toolCalls }),
          ...(reasoning ? { reasoning } : {}),
        };
      }
      case 'tool': {
        const toolCallId = message.tool_call_id ?? '';
        return { role: 'tool', content, toolCallId, toolName: names.get(toolCallId) ?? '' };
      }
    }
  });
}

/**
 * The messages with a text of the model's own before all that the client says. It goes before the client's system
 * message in one with it, because many templates take only one, and only as the first.
 */
export function withSystem(text: string | undefined, messages: readonly PlainMessage[]): readonly PlainMessage[] {
  if (text === undefined) return messages;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages];
  return [{ ...first, content: first.content === '' ? text : `${text}\n\n${first.content}` }, ...rest];
}

/** Path of the first image of a request, or undefined. */
export function firstImagePath(messages: readonly ChatMessage[]): string | undefined {
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue;
    const part = content.findIndex(({ type }) => type === 'image_url');
    if (part >= 0) return `messages[${index}].content[${part}]`;
  }
  return undefined;
}
