import type { EventReader } from '../generation/generation.types.js';
import type { AnswerEvent, ToolCall } from '../runtime/runtime.contract.js';
import { AnswerTags, type Tag, type TaggedPiece } from './answer-tags.state.js';
import { TOOL_CALL_TAGS } from './tool-prompt.translate.js';

const THINK: Tag = { name: 'think', begin: '<think>', end: '</think>' };
const CALL: Tag = { name: 'call', ...TOOL_CALL_TAGS };

/** What is to be found in the text of an answer. */
export interface TextTags {
  readonly thinking: boolean;
  readonly toolCalls: boolean;
  /** Whether the answer may have more than one call. */
  readonly parallel: boolean;
}

/** Gives the id of the next tool call. */
export type NextId = () => string;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A call as models write it; undefined when the text is none. */
function parseToolCall(text: string, nextId: NextId): ToolCall | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON: the caller keeps it as the text it is.
    return undefined;
  }
  if (!isRecord(parsed) || typeof parsed['name'] !== 'string' || parsed['name'] === '') return undefined;
  const given = parsed['arguments'] ?? parsed['parameters'] ?? {};
  return { id: nextId(), name: parsed['name'], arguments: typeof given === 'string' ? given : JSON.stringify(given) };
}

/** Turns tags in the text into reasoning and tool calls. */
export class TaggedAnswer implements EventReader {
  private readonly tags: AnswerTags;
  private calls = 0;
  private call = '';
  /** White space between the thinking and the answer, or around calls, belongs to neither. */
  private trim: boolean;

  constructor(
    private readonly wanted: TextTags,
    private readonly nextId: NextId,
  ) {
    this.tags = new AnswerTags([...(wanted.thinking ? [THINK] : []), ...(wanted.toolCalls ? [CALL] : [])]);
    this.trim = wanted.thinking;
  }

  read(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
    return events.flatMap((event): readonly AnswerEvent[] => {
      switch (event.type) {
        case 'text':
          return this.tags.push(event.text, event.logprobs).flatMap((piece) => this.piece(piece));
        case 'finish': {
          const rest = [...this.tags.flush().flatMap((piece) => this.piece(piece)), ...this.unfinishedCall()];
          const reason = this.calls > 0 && event.reason === 'stop' ? 'tool_calls' : event.reason;
          return [...rest, { ...event, reason }];
        }
        case 'reasoning':
        case 'toolCall':
          return [event];
      }
    });
  }

  private piece(piece: TaggedPiece): readonly AnswerEvent[] {
    if (piece.tag === THINK.name) {
      this.trim ||= piece.closed;
      return piece.text === '' ? [] : [{ type: 'reasoning', text: piece.text }];
    }
    if (piece.tag === CALL.name) return this.callPiece(piece);
    return this.text(piece);
  }

  private text({ text, logprobs }: TaggedPiece): readonly AnswerEvent[] {
    const kept = this.trim ? text.trimStart() : text;
    if (kept === '') return [];
    // One call was allowed and made: what a model adds to it is not part of the answer.
    if (this.calls > 0 && !this.wanted.parallel) return [];
    this.trim = false;
    return [{ type: 'text', text: kept, ...(logprobs.length === 0 ? {} : { logprobs }) }];
  }

  private callPiece({ text, closed }: TaggedPiece): readonly AnswerEvent[] {
    this.call += text;
    if (!closed) return [];
    const whole = this.call;
    this.call = '';
    if (this.calls > 0 && !this.wanted.parallel) return [];
    const call = parseToolCall(whole, this.nextId);
    if (!call) {
      this.trim = false;
      return [{ type: 'text', text: CALL.begin + whole + CALL.end }];
    }
    this.calls += 1;
    this.trim = true;
    return [{ type: 'toolCall', call }];
  }

  /** A call whose end never came: still a call when it is whole, else the text that it is. */
  private unfinishedCall(): readonly AnswerEvent[] {
    if (this.call === '') return [];
    const whole = this.call;
    this.call = '';
    const call = parseToolCall(whole, this.nextId);
    if (!call || (this.calls > 0 && !this.wanted.parallel))
      return call ? [] : [{ type: 'text', text: CALL.begin + whole }];
    this.calls += 1;
    return [{ type: 'toolCall', call }];
  }
}

/** Reads an answer that is one call of a tool and nothing else, because it was made to be. */
export class ForcedToolCall implements EventReader {
  private text = '';

  constructor(private readonly nextId: NextId) {}

  read(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
    return events.flatMap((event): readonly AnswerEvent[] => {
      if (event.type === 'text') {
        this.text += event.text;
        return [];
      }
      if (event.type !== 'finish') return [event];
      const call = parseToolCall(this.text, this.nextId);
      // Cut off by max_tokens: there is no whole call, and the finish reason says so.
      if (!call) return [event];
      return [
        { type: 'toolCall', call },
        { ...event, reason: 'tool_calls' },
      ];
    });
  }
}
