import type { ApiError, ChatCompletionChunk } from '@local-llm-agent/contracts';

/**
 * Turns an answer of the engine into one of another dialect. Pure apart from its own state; one for each request.
 * A plain answer is one call of `whole`; a stream is `chunk` for each event, `waiting` for each heartbeat, and then
 * either `end` or `error`, once. Texts are written as they are. `Chunk` is what the engine's events hold.
 */
export interface AnswerTranslator<Chunk = ChatCompletionChunk> {
  /** Content type of a stream. */
  readonly contentType: string;
  /** The body of a plain answer. @param body the engine's, a JSON text */
  whole(body: string): string;
  /** What a chunk of the stream becomes; may be empty. */
  chunk(chunk: Chunk): string;
  /** What keeps the line open while there is nothing to say; may be empty. */
  waiting(): string;
  /**
   * What has to be done before the client gets the end of the answer, such as storing it. Awaited after `whole`, or
   * before `end`; when it rejects, the answer ends with that error.
   */
  beforeEnd?(): Promise<void>;
  /** The end of the stream. */
  end(): string;
  /** The end of a stream that failed. */
  error(error: ApiError): string;
}
