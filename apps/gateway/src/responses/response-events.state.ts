import {
  backendUnavailable,
  type ApiError,
  type ChatCompletionChunk,
  type ResponseEvent,
  type ResponseObject,
  type ResponseOutput,
  type TokenLogprob,
} from '@local-llm-agent/contracts';
import { toResponseError } from './response-error.translate.js';
import type { ResponseHead } from './response-object.translate.js';
import {
  CallItem,
  MessageItem,
  ReasoningItem,
  type OpenItem,
  type ToolCallDelta,
  type UnnumberedEvent,
} from './response-item.state.js';
import type { FunctionName } from './response-tools.translate.js';

type ItemIds = (prefix: 'msg' | 'fc' | 'rs') => string;
type Usage = NonNullable<ResponseObject['usage']>;
type ChatUsage = NonNullable<ChatCompletionChunk['usage']>;

/** Reasons of a chat that leave the answer unfinished, in the words of a response. */
const INCOMPLETE: Readonly<Record<string, 'max_output_tokens' | 'content_filter'>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

function toUsage(usage: ChatUsage): Usage {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: {
      cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
      cache_write_tokens: 0,
    },
    output_tokens: usage.completion_tokens,
    // Runtimes do not count thoughts apart from the rest of an answer.
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
  };
}

/**
 * Turns the chunks of a chat into the events of a response, in OpenAI's order, and holds what the response has become.
 * One item is open at a time: another kind of content, or another call, closes it.
 */
export class ResponseState {
  private readonly done: ResponseOutput[] = [];
  private open: OpenItem | undefined;
  private sequence = 0;
  private begun = false;
  private reason: string | undefined;
  private usage: Usage | undefined;
  private model: string;
  private last: ResponseObject | undefined;

  constructor(
    private readonly head: ResponseHead,
    private readonly nextId: ItemIds,
    private readonly functionName: (called: string) => FunctionName,
  ) {
    this.model = head.model;
  }

  /** Whether it was begun and did not come to an end of its own: it failed, or is not over. */
  get broken(): boolean {
    return this.begun && (this.last === undefined || this.last.status === 'failed');
  }

  /** The response as it ended; undefined while it is being made. */
  get ended(): ResponseObject | undefined {
    return this.last;
  }

  /** Takes a chunk of the chat. */
  chunk(chunk: ChatCompletionChunk): ResponseEvent[] {
    this.model = chunk.model;
    if (chunk.usage) this.usage = toUsage(chunk.usage);
    const events: UnnumberedEvent[] = this.begin();
    const choice = chunk.choices.find(({ index }) => index === 0);
    if (choice) {
      const { delta, logprobs } = choice;
      if (delta.reasoning_content) events.push(...this.reasoning(delta.reasoning_content));
      if (delta.content) events.push(...this.text(delta.content, logprobs?.content ?? []));
      for (const call of delta.tool_calls ?? []) events.push(...this.call(call));
      if (choice.finish_reason) events.push(...this.conclude(choice.finish_reason));
    }
    return events.map((event) => this.numbered(event));
  }

  /** Settles how the response ended. Throws when the chat ended without a reason. @param at Unix seconds */
  complete(at: number): ResponseObject {
    const { reason } = this;
    if (reason === undefined) {
      throw backendUnavailable('The inference engine ended the answer without saying why. Try again.', {
        origin: 'engine',
      });
    }
    const why = INCOMPLETE[reason];
    this.last = why
      ? { ...this.response('incomplete'), incomplete_details: { reason: why } }
      : { ...this.response('completed'), completed_at: at };
    return this.last;
  }

  /** The last event of a response that was completed. */
  end(): ResponseEvent[] {
    const { last: response } = this;
    if (!response) throw new Error('The response was not completed.');
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    return [this.numbered({ type, response })];
  }

  /** The end of an answer that failed; what was there of it stays, marked as incomplete. */
  fail(error: ApiError): ResponseEvent[] {
    const events = this.begin();
    const { code, message, param = null } = error;
    events.push({ type: 'response.failed', response: this.failed(error) }, { type: 'error', code, message, param });
    return events.map((event) => this.numbered(event));
  }

  /** The response of an answer that failed. */
  failed(error: ApiError): ResponseObject {
    this.last = { ...this.response('failed'), error: toResponseError(error) };
    return this.last;
  }

  /** The response whose client left before its end. */
  cancel(): ResponseObject {
    this.last = this.response('cancelled');
    return this.last;
  }

  /** Closes what is open, as soon as it is known why the answer ended. */
  private conclude(reason: string): UnnumberedEvent[] {
    this.reason = reason;
    if (INCOMPLETE[reason]) return this.close('incomplete');
    const events = this.close('completed');
    // Clients look for a message where no function was called.
    if (this.done.some(({ type }) => type !== 'reasoning')) return events;
    return [
      ...events,
      ...this.opened(new MessageItem(this.nextId('msg'), this.nextPlace())),
      ...this.close('completed'),
    ];
  }

  private begin(): UnnumberedEvent[] {
    if (this.begun) return [];
    this.begun = true;
    const response = this.response('in_progress');
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  }

  private reasoning(text: string): UnnumberedEvent[] {
    const { open } = this;
    if (open instanceof ReasoningItem) return open.add(text);
    const item = new ReasoningItem(this.nextId('rs'), this.nextPlace());
    return [...this.opened(item), ...item.add(text)];
  }

  private text(text: string, logprobs: readonly TokenLogprob[]): UnnumberedEvent[] {
    const { open } = this;
    if (open instanceof MessageItem) return open.add(text, logprobs);
    const item = new MessageItem(this.nextId('msg'), this.nextPlace());
    return [...this.opened(item), ...item.add(text, logprobs)];
  }

  private call(call: ToolCallDelta): UnnumberedEvent[] {
    const { open } = this;
    if (open instanceof CallItem && open.index === call.index) return open.add(call);
    const called = this.functionName(call.function?.name ?? '');
    const item = new CallItem(this.nextId('fc'), this.nextPlace(), call, called);
    return [...this.opened(item), ...item.add(call)];
  }

  private nextPlace(): number {
    return this.done.length + (this.open ? 1 : 0);
  }

  private opened(item: OpenItem): UnnumberedEvent[] {
    const before = this.close('completed');
    this.open = item;
    return [...before, ...item.begin()];
  }

  private close(status: 'completed' | 'incomplete'): UnnumberedEvent[] {
    const { open } = this;
    if (!open) return [];
    this.open = undefined;
    this.done.push(open.output(status));
    return open.end(status);
  }

  private response(status: NonNullable<ResponseObject['status']>): ResponseObject {
    const partial = this.open ? [this.open.output('incomplete')] : [];
    return {
      ...this.head,
      model: this.model,
      status,
      error: null,
      incomplete_details: null,
      output: [...this.done, ...partial],
      ...(this.usage ? { usage: this.usage } : {}),
    };
  }

  private numbered(event: UnnumberedEvent): ResponseEvent {
    const sequence_number = this.sequence;
    this.sequence += 1;
    return { ...event, sequence_number };
  }
}
