import type {
  ApiError,
  ChatCompletion,
  ChatCompletionChunk,
  ResponseEvent,
  ResponseObject,
} from '@local-llm-agent/contracts';
import type { AnswerTranslator } from '../inference/answer-translator.types.js';
import { toResponsesError } from './response-error.translate.js';
import type { ResponseState } from './response-events.state.js';

/** Deltas are filled up to a multiple of this many characters. */
const BLOCK = 32;

/** What a translator needs from the world around it. */
export interface ResponseTerms {
  /** For each message of the chat: where it came from. */
  readonly paths: readonly string[];
  /** Unix seconds. */
  now(): number;
  /** Keeps the response, which is complete or incomplete; undefined where it is not to be stored. */
  readonly keep: ((response: ResponseObject) => Promise<void>) | undefined;
  /** This many random characters, to fill deltas up with; undefined where nobody asked for it. */
  readonly filling: ((length: number) => string) | undefined;
}

/** A plain chat as the one chunk that says the same. */
function toChunk({ id, created, model, choices, usage }: ChatCompletion): ChatCompletionChunk {
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    ...(usage ? { usage } : {}),
    choices: choices.map(({ index, message, logprobs, finish_reason }) => ({
      index,
      logprobs,
      finish_reason,
      delta: {
        content: message.content,
        ...(message.reasoning_content ? { reasoning_content: message.reasoning_content } : {}),
        tool_calls: (message.tool_calls ?? []).flatMap((call, place) =>
          call.type === 'function' ? [{ index: place, ...call }] : [],
        ),
      },
    })),
  };
}

/** Writes a chat as a response, whole or as the typed events of its stream. */
export class ResponseTranslator implements AnswerTranslator {
  readonly contentType = 'text/event-stream; charset=utf-8';

  constructor(
    private readonly state: ResponseState,
    private readonly terms: ResponseTerms,
  ) {}

  whole(body: string): string {
    this.state.chunk(toChunk(JSON.parse(body) as ChatCompletion));
    return JSON.stringify(this.state.complete(this.terms.now()));
  }

  chunk(chunk: ChatCompletionChunk): string {
    return this.write(this.state.chunk(chunk));
  }

  waiting(): string {
    return ': waiting\n\n';
  }

  async beforeEnd(): Promise<void> {
    // Settled also where nothing is kept: the end is written from it.
    const response = this.state.ended ?? this.state.complete(this.terms.now());
    await this.terms.keep?.(response);
  }

  end(): string {
    return this.write(this.state.end());
  }

  /**
   * Two events: `response.failed`, which clients that read events wait for, and `error` with a top-level `error`, on
   * which OpenAI's clients throw; a failure that is only an event is taken for a short answer.
   */
  error(error: ApiError): string {
    const here = toResponsesError(error, this.terms.paths);
    const events = this.state.fail(here);
    return this.write(events.map((event) => (event.type === 'error' ? { ...event, ...here.toBody() } : event)));
  }

  private write(events: readonly ResponseEvent[]): string {
    return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(this.filled(event))}\n\n`).join('');
  }

  private filled(event: ResponseEvent): ResponseEvent | (ResponseEvent & { obfuscation: string }) {
    const { filling } = this.terms;
    if (!filling || !event.type.endsWith('.delta') || !('delta' in event)) return event;
    return { ...event, obfuscation: filling(BLOCK - (event.delta.length % BLOCK)) };
  }
}
