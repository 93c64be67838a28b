import {
  CHAT_DEFAULTS,
  maxTokensOf,
  toUsageObject,
  type ChatCompletion,
  type ChatCompletionRequest,
  type ChatMessage,
  type FinishReason,
  type Usage,
} from '@local-llm-agent/contracts';
import type { ModelDefaults } from '@local-llm-agent/config';
import type { ChatCall, ChatEvent, LoadPlan, PlainMessage } from '../runtime/runtime.contract.js';

/** Text of a message: its parts joined as they are. */
function textOf(content: ChatMessage['content']): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('');
}

function toPlainMessage(message: ChatMessage): PlainMessage {
  // `developer` is OpenAI's newer name of `system`; local chat templates know only the old one.
  return { role: message.role === 'developer' ? 'system' : message.role, content: textOf(message.content) };
}

function stopTexts(stop: ChatCompletionRequest['stop']): readonly string[] {
  if (stop === undefined || stop === null) return [];
  return typeof stop === 'string' ? [stop] : stop;
}

/** The request as a call of a runtime: the request's values, else the model's defaults, else the API's. */
export function toChatCall(request: ChatCompletionRequest, plan: LoadPlan, defaults: ModelDefaults): ChatCall {
  return {
    plan,
    messages: request.messages.map(toPlainMessage),
    maxTokens: maxTokensOf(request) ?? defaults.maxTokens ?? CHAT_DEFAULTS.maxTokens,
    temperature: request.temperature ?? defaults.temperature ?? CHAT_DEFAULTS.temperature,
    topP: request.top_p ?? defaults.topP ?? CHAT_DEFAULTS.topP,
    stop: stopTexts(request.stop),
    seed: request.seed ?? undefined,
    stream: request.stream === true,
  };
}

/** What all parts of one answer share. */
export interface AnswerHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

/** The plain answer. */
export function toChatCompletion(head: AnswerHead, text: string, reason: FinishReason, usage: Usage): ChatCompletion {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: reason },
    ],
    usage: toUsageObject(usage),
  };
}

/**
 * Writes a stream of chat events as server-sent events in OpenAI's chunk shape
 * (https://platform.openai.com/docs/api-reference/chat-streaming). The constant parts of a chunk are made once; only
 * the text of a chunk is encoded.
 */
export class ChunkEncoder {
  private readonly before: string;
  private readonly after: string;
  private begun = false;

  constructor(
    head: AnswerHead,
    private readonly includeUsage: boolean,
  ) {
    const fields = JSON.stringify({
      id: head.id,
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
    });
    this.before = `data: ${fields.slice(0, -1)},"choices":[`;
    // With include_usage every chunk but the last says that it has no usage.
    this.after = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  /** The bytes for one batch of events; the end of the stream included when the batch has the finish. */
  encode(events: readonly ChatEvent[]): string {
    let out = this.begun ? '' : this.chunk('{"role":"assistant","content":""}', 'null');
    this.begun = true;
    for (const event of events)
      out +=
        event.type === 'text'
          ? this.chunk(`{"content":${JSON.stringify(event.text)}}`, 'null')
          : this.end(event.reason, event.usage);
    return out;
  }

  private chunk(delta: string, reason: string): string {
    return `${this.before}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}${this.after}`;
  }

  private end(reason: FinishReason, usage: Usage): string {
    const last = this.includeUsage ? `${this.before}],"usage":${JSON.stringify(toUsageObject(usage))}}\n\n` : '';
    return `${this.chunk('{}', `"${reason}"`)}${last}data: [DONE]\n\n`;
  }
}
