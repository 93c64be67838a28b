import type { IncomingMessage } from 'node:http';
import { Transform, pipeline, type TransformCallback } from 'node:stream';
import { requestTooLarge } from '@local-llm-agent/contracts';

/** The bytes of an upload as they come, up to a limit; one byte more ends the stream with a 413. */
export class BoundedUpload extends Transform {
  private left: number;

  /** Begins to read the request. A client that leaves ends the stream with an error. */
  constructor(
    req: IncomingMessage,
    private readonly mostBytes: number,
  ) {
    super();
    this.left = mostBytes;
    // Whoever reads this stream gets the error; nobody else has to hear of it.
    pipeline(req, this, () => undefined);
  }

  /** Whether the limit was passed. */
  get exceeded(): boolean {
    return this.left < 0;
  }

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.left -= part.length;
    if (this.exceeded) done(requestTooLarge(this.mostBytes, 'MAX_MODEL_BYTES'));
    else done(null, part);
  }
}
