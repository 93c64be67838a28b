import {
  backendUnavailable,
  type ApiError,
  type ChatCompletion,
  type ChatCompletionChunk,
  type OllamaToolCall,
  type TextCompletion,
} from '@local-llm-agent/contracts';
import { ollamaErrorBody } from '../http/error.translate.js';
import type { AnswerTranslator } from '../inference/answer.translator.js';
import {
  readChat,
  readChatChunk,
  readCompletion,
  toToolCall,
  type CallDraft,
  type CanonicalEvent,
} from './canonical-answer.parse.js';
import { encodeContext, type ContextMessage } from './context.translate.js';
import { NOTHING, type AnswerEnd, type AnswerPiece, type LineHead, type LineWriter } from './ollama.types.js';

/** What an answer is written with. */
interface AnswerSettings {
  readonly write: LineWriter;
  /** The time, ISO 8601. */
  readonly now: () => string;
  /** Asked for; the engine's name takes its place with the first event. */
  readonly model: string;
  /** The conversation that the answer belongs to, where it is given back with the answer. */
  readonly conversation?: readonly ContextMessage[];
}

/** An object of `/api/chat`, its fields in Ollama's order. */
export const writeChatLine: LineWriter = (head, piece, end) =>
  JSON.stringify({
    model: head.model,
    created_at: head.createdAt,
    message: {
      role: 'assistant',
      content: piece.text,
      ...(piece.thinking === '' ? {} : { thinking: piece.thinking }),
      ...(piece.toolCalls.length === 0 ? {} : { tool_calls: piece.toolCalls }),
    },
    done: end !== undefined,
    ...(end ? { done_reason: end.reason } : {}),
    ...(piece.logprobs.length === 0 ? {} : { logprobs: piece.logprobs }),
    ...end?.metrics,
  });

/** An object of `/api/generate`, its fields in Ollama's order. */
export const writeGenerateLine: LineWriter = (head, piece, end) =>
  JSON.stringify({
    model: head.model,
    created_at: head.createdAt,
    response: piece.text,
    ...(piece.thinking === '' ? {} : { thinking: piece.thinking }),
    done: end !== undefined,
    ...(end ? { done_reason: end.reason } : {}),
    ...(end?.context ? { context: end.context } : {}),
    ...end?.metrics,
    ...(piece.logprobs.length === 0 ? {} : { logprobs: piece.logprobs }),
  });

/** Turns the engine's answer into lines of JSON. */
class OllamaAnswer<Chunk> implements AnswerTranslator<Chunk> {
  readonly contentType = 'application/x-ndjson';
  private model: string;
  private text = '';
  private reason = 'stop';
  private metrics: AnswerEnd['metrics'] | undefined;
  private readonly calls = new Map<number, CallDraft>();

  constructor(
    private readonly settings: AnswerSettings,
    private readonly read: {
      readonly chunk: (chunk: Chunk) => CanonicalEvent;
      readonly whole: (body: string) => CanonicalEvent;
    },
  ) {
    this.model = settings.model;
  }

  whole(body: string): string {
    const event = this.read.whole(body);
    this.note(event);
    return this.settings.write(this.head(), event.piece, this.ending());
  }

  chunk(chunk: Chunk): string {
    const event = this.read.chunk(chunk);
    this.note(event);
    const { piece } = event;
    const said = piece.text !== '' || piece.thinking !== '' || piece.logprobs.length > 0;
    const calls = event.reason === undefined ? [] : this.toolCalls();
    return (said ? this.line(piece) : '') + (calls.length > 0 ? this.line({ ...NOTHING, toolCalls: calls }) : '');
  }

  /** An empty piece is a line that every client reads; an empty line is none. */
  waiting(): string {
    return this.line(NOTHING);
  }

  end(): string {
    return this.line(NOTHING, this.ending());
  }

  error(error: ApiError): string {
    return `${ollamaErrorBody(error)}\n`;
  }

  private head(): LineHead {
    return { model: this.model, createdAt: this.settings.now() };
  }

  private line(piece: AnswerPiece, end?: AnswerEnd): string {
    return `${this.settings.write(this.head(), piece, end)}\n`;
  }

  private note({ model, piece, calls, reason, metrics }: CanonicalEvent): void {
    if (model !== '') this.model = model;
    if (this.settings.conversation) this.text += piece.text;
    this.reason = reason ?? this.reason;
    this.metrics = metrics ?? this.metrics;
    for (const [index, added] of calls) {
      const before = this.calls.get(index) ?? { id: '', name: '', arguments: '' };
      this.calls.set(index, {
        id: before.id + added.id,
        name: before.name + added.name,
        arguments: before.arguments + added.arguments,
      });
    }
  }

  private toolCalls(): OllamaToolCall[] {
    return [...this.calls].map(([index, draft]) => toToolCall(draft, index));
  }

  private ending(): AnswerEnd {
    if (!this.metrics) {
      throw backendUnavailable('The inference engine did not say what the answer took. Update it.', {
        origin: 'engine',
      });
    }
    const { conversation } = this.settings;
    const answer: ContextMessage = { role: 'assistant', content: this.text };
    return {
      reason: this.reason,
      metrics: this.metrics,
      ...(conversation ? { context: encodeContext([...conversation, answer]) } : {}),
    };
  }
}

/** The answer to `/api/chat`, or to `/api/generate` that became a chat. */
export function chatAnswer(settings: AnswerSettings): AnswerTranslator {
  return new OllamaAnswer<ChatCompletionChunk>(settings, {
    chunk: readChatChunk,
    whole: (body) => readChat(JSON.parse(body) as ChatCompletion),
  });
}

/** The answer to `/api/generate` that became a completion. */
export function completionAnswer(settings: AnswerSettings): AnswerTranslator<TextCompletion> {
  return new OllamaAnswer<TextCompletion>(settings, {
    chunk: readCompletion,
    whole: (body) => readCompletion(JSON.parse(body) as TextCompletion),
  });
}
