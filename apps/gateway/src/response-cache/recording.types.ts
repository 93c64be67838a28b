import type { Buffer } from 'node:buffer';

/** What of an answer belongs to it alone, as far as its form has that. */
export interface AnswerHead {
  readonly id?: string;
  /** Unix seconds. */
  readonly created?: number;
  /** The model as it is shown to the client. */
  readonly model?: string;
}

/** A whole answer of the engine, as it is kept. */
export interface Recording {
  /** Whether `body` is a stream of events. */
  readonly streaming: boolean;
  readonly contentType: string;
  /** Id of the model that answered, percent-encoded as the engine sends it. */
  readonly servedModel: string | undefined;
  readonly head: AnswerHead;
  /** In UTF-8, without the comments of a stream. */
  readonly body: Buffer;
}
