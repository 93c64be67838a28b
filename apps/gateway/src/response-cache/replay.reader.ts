import type { Dispatcher } from 'undici';
import { HEADERS } from '@local-llm-agent/contracts';
import { AnswerReader, type AnswerEnd, type AnswerSource, type AnswerStart } from './answer.reader.js';
import { underHead } from './answer-text.translate.js';
import type { AnswerHead, Recording } from './recording.types.js';

const END: AnswerEnd = { trailers: {} };

/** An answer that is kept, under a new head. It tells no tokens: it has cost none. */
class RecordedAnswer implements AnswerSource {
  private readonly start: AnswerStart;
  private readonly body: Buffer;

  constructor({ streaming, contentType, servedModel, head, body }: Recording, next: AnswerHead) {
    this.start = {
      status: 200,
      headers: {
        'content-type': contentType,
        ...(streaming ? { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } : {}),
        ...(servedModel === undefined ? {} : { [HEADERS.servedModel]: servedModel }),
      },
    };
    this.body = Buffer.from(underHead(body.toString('utf8'), head, next));
  }

  startFor(): AnswerStart {
    return this.start;
  }

  partFor(_reader: AnswerReader, place: number): Buffer | undefined {
    return place === 0 ? this.body : undefined;
  }

  endFor(): AnswerEnd {
    return END;
  }

  moved(): void {
    // Nobody else waits for it.
  }
}

/** Plays a recording into the handler, under this head. */
export function replay(recording: Recording, head: AnswerHead, handler: Dispatcher.DispatchHandler): void {
  const reader = new AnswerReader(handler, new RecordedAnswer(recording, head));
  reader.begin();
  reader.play();
}
