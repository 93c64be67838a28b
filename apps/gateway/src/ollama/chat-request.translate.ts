import {
  invalidRequest,
  type OllamaChatRequest,
  type OllamaMessage,
  type OllamaToolCall,
} from '@local-llm-agent/contracts';
import { toChatFields, toImagePart } from './request-fields.translate.js';

type Fields = Record<string, unknown>;

/** An empty text counts as not sent, as at Ollama. */
const isGiven = (text: string | null | undefined): text is string => text !== undefined && text !== null && text !== '';

interface OpenCall {
  readonly id: string;
  readonly name: string;
}

/** Walks through a history and gives ids to its calls, which Ollama's clients may leave out. */
class History {
  /** Calls that no message has answered yet. */
  private open: OpenCall[] = [];
  private calls = 0;

  toMessage(message: OllamaMessage, path: string): Fields {
    const role = message.role.toLowerCase();
    const content = message.content ?? '';
    switch (role) {
      case 'assistant':
        return this.toAnswer(message, content);
      case 'tool':
        return { role, content, tool_call_id: this.answered(message, path) };
      default:
        return { role, content: toContent(message, content, path) };
    }
  }

  private toAnswer(message: OllamaMessage, content: string): Fields {
    const calls = (message.tool_calls ?? []).map((call) => this.toCall(call));
    return {
      role: 'assistant',
      content,
      ...(message.thinking ? { reasoning_content: message.thinking } : {}),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
  }

  private toCall({ id, function: called }: OllamaToolCall): Fields {
    this.calls += 1;
    const call = { id: isGiven(id) ? id : `call_${this.calls}`, name: called.name };
    this.open.push(call);
    return {
      id: call.id,
      type: 'function',
      function: { name: called.name, arguments: JSON.stringify(called.arguments ?? {}) },
    };
  }

  /** The id of the call that a tool's message answers: by its id, else by the name of its function, else the next one. */
  private answered({ tool_call_id: id, tool_name: name }: OllamaMessage, path: string): string {
    const matches = (call: OpenCall): boolean => (isGiven(id) ? call.id === id : !isGiven(name) || call.name === name);
    const found = this.open.find(matches);
    if (!found) {
      throw invalidRequest(
        `${path} answers no tool call of an assistant message before it. Send that message with its tool_calls as well.`,
        { param: path },
      );
    }
    this.open = this.open.filter((call) => call !== found);
    return found.id;
  }
}

function toContent(message: OllamaMessage, content: string, path: string): string | Fields[] {
  const images = message.images ?? [];
  if (images.length === 0) return content;
  const parts = images.map((image, index) => toImagePart(image, `${path}.images[${index}]`));
  return content === '' ? parts : [{ type: 'text', text: content }, ...parts];
}

/**
 * A chat of the Ollama API as a canonical one, still to be checked. Throws a 400 for what cannot be said in it.
 * @param bounded see {@link toChatFields}
 */
export function toChat(request: OllamaChatRequest, bounded: boolean): Fields {
  const history = new History();
  return {
    ...toChatFields(request, bounded),
    messages: (request.messages ?? []).map((message, index) => history.toMessage(message, `messages[${index}]`)),
    tools: request.tools?.map(({ function: tool }) => ({ type: 'function', function: tool })),
  };
}
