import {
  toUsageObject,
  type AnswerMessage,
  type ChatCompletion,
  type ChatDelta,
  type Timings,
  type TokenLogprob,
  type Usage,
} from '@local-llm-agent/contracts';
import type { AnswerEncoder, AnswerHead, Choice } from '../generation/generation.types.js';
import type { AnswerEvent, ToolCall } from '../runtime/runtime.contract.js';

type Finish = Extract<AnswerEvent, { type: 'finish' }>;
type MessageToolCall = NonNullable<AnswerMessage['tool_calls']>[number];

function toMessageToolCall({ id, name, arguments: text }: ToolCall): MessageToolCall {
  return { id, type: 'function', function: { name, arguments: text } };
}

function toMessage(choice: Choice): AnswerMessage {
  const calls = choice.toolCalls.map(toMessageToolCall);
  return {
    role: 'assistant',
    // An answer that only calls tools has no content, as at OpenAI.
    content: choice.text === '' && calls.length > 0 ? null : choice.text,
    refusal: null,
    ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** Writes chats: OpenAI's completion object, or its chunks (https://platform.openai.com/docs/api-reference/chat-streaming). */
export class ChatEncoder implements AnswerEncoder {
  private readonly head: string;
  private readonly after: string;
  /** Choice -> how many tool calls it has made; a choice that has not begun is not there. */
  private readonly begun = new Map<number, number>();
  private promptTokens: number | undefined;

  /**
   * @param includeUsage whether the stream has a chunk with the usage before its end
   * @param withLogprobs whether log-probabilities were asked for
   * @param withTimings whether to tell where the time went
   */
  constructor(
    private readonly answer: AnswerHead,
    private readonly includeUsage: boolean,
    private readonly withLogprobs: boolean,
    private readonly withTimings: boolean,
  ) {
    const fields = JSON.stringify({
      id: answer.id,
      object: 'chat.completion.chunk',
      created: answer.created,
      model: answer.model,
    });
    // The constant parts of a chunk are made once; only what a chunk adds is encoded.
    this.head = `data: ${fields.slice(0, -1)},"choices":[`;
    // With include_usage every chunk but the last says that it has no usage.
    this.after = includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  prompt(tokens: number): void {
    this.promptTokens = tokens;
  }

  encode(index: number, events: readonly AnswerEvent[]): string {
    let out = this.begun.has(index) ? '' : this.first(index);
    if (out !== '') this.begun.set(index, 0);
    for (const event of events) out += this.event(index, event);
    return out;
  }

  close(usage: Usage, timings: Timings): string {
    const tail = this.withTimings ? `,"timings":${JSON.stringify(timings)}}\n\n` : '}\n\n';
    const last = this.includeUsage ? `${this.head}],"usage":${JSON.stringify(toUsageObject(usage))}${tail}` : '';
    return `${last}data: [DONE]\n\n`;
  }

  whole(choices: readonly Choice[], usage: Usage, timings: Timings): string {
    const { id, created, model } = this.answer;
    const completion: ChatCompletion = {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: choices.map((choice, index) => ({
        index,
        message: toMessage(choice),
        logprobs: this.withLogprobs ? { content: [...choice.logprobs], refusal: null } : null,
        finish_reason: choice.reason,
        ...(choice.stopText === undefined ? {} : { stop_reason: choice.stopText }),
      })),
      usage: toUsageObject(usage),
      ...(this.withTimings ? { timings } : {}),
    };
    return JSON.stringify(completion);
  }

  private event(index: number, event: AnswerEvent): string {
    switch (event.type) {
      case 'text':
        return this.chunk(index, `{"content":${JSON.stringify(event.text)}}`, event.logprobs);
      case 'reasoning':
        return this.chunk(index, `{"reasoning_content":${JSON.stringify(event.text)}}`);
      case 'toolCall':
        return this.toolCall(index, event.call);
      case 'finish':
        return this.chunk(index, '{}', undefined, event);
    }
  }

  /** Two chunks, as OpenAI sends them: first which function, then its arguments. */
  private toolCall(index: number, call: ToolCall): string {
    const place = this.begun.get(index) ?? 0;
    this.begun.set(index, place + 1);
    const which: ChatDelta = {
      tool_calls: [{ index: place, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
    };
    const what: ChatDelta = { tool_calls: [{ index: place, function: { arguments: call.arguments } }] };
    return this.chunk(index, JSON.stringify(which)) + this.chunk(index, JSON.stringify(what));
  }

  /** The chunk that begins a choice. */
  private first(index: number): string {
    const chunk = this.chunk(index, '{"role":"assistant","content":"","refusal":null}');
    const { promptTokens } = this;
    if (promptTokens === undefined) return chunk;
    this.promptTokens = undefined;
    const usage = JSON.stringify(toUsageObject({ promptTokens, completionTokens: 0 }));
    return `${chunk.slice(0, -this.after.length)}],"usage":${usage}}\n\n`;
  }

  private chunk(index: number, delta: string, logprobs?: readonly TokenLogprob[], finish?: Finish): string {
    const likelihoods = logprobs === undefined ? 'null' : JSON.stringify({ content: logprobs, refusal: null });
    const end = finish === undefined ? 'null' : `"${finish.reason}"`;
    const stop = finish?.stopText === undefined ? '' : `,"stop_reason":${JSON.stringify(finish.stopText)}`;
    return `${this.head}{"index":${index},"delta":${delta},"logprobs":${likelihoods},"finish_reason":${end}${stop}}${this.after}`;
  }
}
