import {
  invalidRequest,
  type ResponseAnswerPart,
  type ResponseInputItem,
  type ResponseInputPart,
  type ResponseItem,
} from '@local-llm-agent/contracts';
import type { ResponseIds } from './response-ids.state.js';

/** An item of a conversation, and where the client has to look when something is wrong with it. */
export interface PlacedItem {
  readonly item: ResponseItem;
  /** Such as `input[2]`, or `previous_response_id` for what was stored. */
  readonly path: string;
}

type Reference = Extract<ResponseInputItem, { type?: 'item_reference' | null }>;
type Message = Extract<ResponseInputItem, { role: string }>;
type InputMessage = Extract<ResponseItem, { role: 'user' | 'system' | 'developer' }>;
type OutputMessage = Extract<ResponseItem, { role: 'assistant' }>;

function isReference(item: ResponseInputItem): item is Reference {
  if ('role' in item) return false;
  return item.type === undefined || item.type === null || item.type === 'item_reference';
}

/** The id of the stored item that this item refers to, or undefined when it stands for itself. */
export function referenceOf(item: ResponseInputItem): string | undefined {
  return isReference(item) ? item.id : undefined;
}

function inputParts(content: string | readonly ResponseInputPart[]): InputMessage['content'] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }];
  return content.map((part) => (part.type === 'input_image' ? { ...part, detail: part.detail ?? 'auto' } : part));
}

function outputParts(content: string | readonly ResponseAnswerPart[]): OutputMessage['content'] {
  if (typeof content === 'string') return [{ type: 'output_text', text: content, annotations: [] }];
  return content.map((part) => (part.type === 'output_text' ? { ...part, annotations: part.annotations ?? [] } : part));
}

function toMessage(message: Message, ids: ResponseIds): InputMessage | OutputMessage {
  const shared = { id: message.id ?? ids.next('msg'), type: 'message', status: 'completed' } as const;
  if (message.role === 'assistant') return { ...shared, role: message.role, content: outputParts(message.content) };
  return { ...shared, role: message.role, content: inputParts(message.content) };
}

function toItem(item: Exclude<ResponseInputItem, Reference>, ids: ResponseIds): ResponseItem {
  if ('role' in item) return toMessage(item, ids);
  switch (item.type) {
    case 'function_call': {
      const { call_id, name, namespace } = item;
      const id = item.id ?? ids.next('fc');
      const called = { name, ...(namespace ? { namespace } : {}), arguments: item.arguments };
      return { id, type: 'function_call', call_id, ...called, status: 'completed' };
    }
    case 'function_call_output': {
      const { call_id } = item;
      const output = typeof item.output === 'string' ? item.output : inputParts(item.output);
      return { id: item.id ?? ids.next('fco'), type: 'function_call_output', call_id, output, status: 'completed' };
    }
    case 'reasoning': {
      const { content } = item;
      const id = item.id ?? ids.next('rs');
      return { id, type: 'reasoning', summary: item.summary ?? [], ...(content ? { content } : {}) };
    }
  }
}

/**
 * The checked input of a request as whole items, each with an id. A reference becomes the item it names.
 * @param stored the item of a reference
 */
export function toResponseItems(
  input: string | readonly ResponseInputItem[],
  ids: ResponseIds,
  stored: (id: string) => ResponseItem,
): PlacedItem[] {
  if (typeof input === 'string') return [{ item: toMessage({ role: 'user', content: input }, ids), path: 'input' }];
  return input.map((item, index) => {
    const path = `input[${index}]`;
    return { item: isReference(item) ? stored(item.id) : toItem(item, ids), path };
  });
}

/**
 * Throws a 400 when an output has no call before it, or a call no output: a model cannot go on from either.
 */
export function checkCalls(conversation: readonly PlacedItem[]): void {
  const open = new Set<string>();
  const known = new Set<string>();
  for (const { item, path } of conversation) {
    if (item.type === 'function_call') {
      known.add(item.call_id);
      open.add(item.call_id);
    } else if (item.type === 'function_call_output') {
      if (!known.has(item.call_id)) {
        throw invalidRequest(`${path}.call_id is no call_id of a function_call before it.`, {
          param: `${path}.call_id`,
        });
      }
      open.delete(item.call_id);
    }
  }
  const [unanswered] = open;
  if (unanswered === undefined) return;
  throw invalidRequest(
    `input has no function_call_output for the call '${unanswered}'. Run the function and send its output.`,
    { param: 'input' },
  );
}
