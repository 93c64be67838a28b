import type { ChatDelta, ResponseEvent, ResponseOutput, TokenLogprob } from '@local-llm-agent/contracts';
import type { FunctionName } from './response-tools.translate.js';

type Unnumbered<Event> = Event extends ResponseEvent ? Omit<Event, 'sequence_number'> : never;

/** An event of a stream before it has its place there. */
export type UnnumberedEvent = Unnumbered<ResponseEvent>;

/** One piece of a tool call. */
export type ToolCallDelta = NonNullable<ChatDelta['tool_calls']>[number];

/** How an item ended. */
export type ItemEnd = 'completed' | 'incomplete';

/** An item that is being made. */
export interface OpenItem {
  /** The events that announce it. */
  begin(): UnnumberedEvent[];
  /** The events that say it is whole. */
  end(status: ItemEnd): UnnumberedEvent[];
  /** The item as it stands. */
  output(status: ItemEnd): ResponseOutput;
}

type MessageOutput = Extract<ResponseOutput, { type: 'message' }>;
type OutputText = Extract<MessageOutput['content'][number], { type: 'output_text' }>;
type Logprob = NonNullable<OutputText['logprobs']>[number];

function toLogprob({ token, logprob, bytes, top_logprobs }: TokenLogprob): Logprob {
  const top = top_logprobs.map((one) => ({ token: one.token, logprob: one.logprob, bytes: one.bytes ?? [] }));
  return { token, logprob, bytes: bytes ?? [], top_logprobs: top };
}

/** A message with one text. */
export class MessageItem implements OpenItem {
  private text = '';
  private readonly logprobs: Logprob[] = [];
  private readonly place: { item_id: string; output_index: number; content_index: 0 };

  constructor(
    private readonly id: string,
    index: number,
  ) {
    this.place = { item_id: id, output_index: index, content_index: 0 };
  }

  begin(): UnnumberedEvent[] {
    const { output_index } = this.place;
    const item: MessageOutput = { id: this.id, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    const part: OutputText = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    return [
      { type: 'response.output_item.added', output_index, item },
      { type: 'response.content_part.added', ...this.place, part },
    ];
  }

  /** Takes the next piece of the text. */
  add(delta: string, given: readonly TokenLogprob[]): UnnumberedEvent[] {
    const logprobs = given.map(toLogprob);
    this.text += delta;
    this.logprobs.push(...logprobs);
    return [{ type: 'response.output_text.delta', ...this.place, delta, logprobs }];
  }

  end(status: ItemEnd): UnnumberedEvent[] {
    const { text, logprobs, place } = this;
    return [
      { type: 'response.output_text.done', ...place, text, logprobs: [...logprobs] },
      { type: 'response.content_part.done', ...place, part: this.part() },
      { type: 'response.output_item.done', output_index: place.output_index, item: this.output(status) },
    ];
  }

  output(status: ItemEnd): MessageOutput {
    return { id: this.id, type: 'message', status, role: 'assistant', content: [this.part()] };
  }

  private part(): OutputText {
    return { type: 'output_text', text: this.text, annotations: [], logprobs: [...this.logprobs] };
  }
}

/** What the model thought, in its own words; no local model writes a summary of it. */
export class ReasoningItem implements OpenItem {
  private text = '';
  private readonly place: { item_id: string; output_index: number; content_index: 0 };

  constructor(
    private readonly id: string,
    index: number,
  ) {
    this.place = { item_id: id, output_index: index, content_index: 0 };
  }

  begin(): UnnumberedEvent[] {
    const { output_index } = this.place;
    const { id } = this;
    return [
      {
        type: 'response.output_item.added',
        output_index,
        item: { id, type: 'reasoning', status: 'in_progress', summary: [], content: [] },
      },
      { type: 'response.content_part.added', ...this.place, part: { type: 'reasoning_text', text: '' } },
    ];
  }

  /** Takes the next piece of the thoughts. */
  add(delta: string): UnnumberedEvent[] {
    this.text += delta;
    return [{ type: 'response.reasoning_text.delta', ...this.place, delta }];
  }

  end(status: ItemEnd): UnnumberedEvent[] {
    const { text, place } = this;
    return [
      { type: 'response.reasoning_text.done', ...place, text },
      { type: 'response.content_part.done', ...place, part: { type: 'reasoning_text', text } },
      { type: 'response.output_item.done', output_index: place.output_index, item: this.output(status) },
    ];
  }

  output(status: ItemEnd): ResponseOutput {
    const { id, text } = this;
    return { id, type: 'reasoning', status, summary: [], content: [{ type: 'reasoning_text', text }] };
  }
}

/** A call of a function. */
export class CallItem implements OpenItem {
  /** Its place among the calls of the chat. */
  readonly index: number;
  private text = '';
  private readonly callId: string;

  /** @param called how the client names the function */
  constructor(
    private readonly id: string,
    private readonly place: number,
    call: ToolCallDelta,
    private readonly called: FunctionName,
  ) {
    this.index = call.index;
    this.callId = call.id ?? id;
  }

  begin(): UnnumberedEvent[] {
    const item = { ...this.output('completed'), status: 'in_progress' as const };
    return [{ type: 'response.output_item.added', output_index: this.place, item }];
  }

  /** Takes the next piece of the arguments. */
  add(call: ToolCallDelta): UnnumberedEvent[] {
    const delta = call.function?.arguments ?? '';
    if (delta === '') return [];
    this.text += delta;
    return [{ type: 'response.function_call_arguments.delta', item_id: this.id, output_index: this.place, delta }];
  }

  end(status: ItemEnd): UnnumberedEvent[] {
    const { id, place, called, text } = this;
    return [
      {
        type: 'response.function_call_arguments.done',
        item_id: id,
        output_index: place,
        name: called.name,
        arguments: text,
      },
      { type: 'response.output_item.done', output_index: place, item: this.output(status) },
    ];
  }

  output(status: ItemEnd): Extract<ResponseOutput, { type: 'function_call' }> {
    const { id, callId, called, text } = this;
    return { id, type: 'function_call', status, call_id: callId, ...called, arguments: text };
  }
}
