import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { parseErrorBody, toApiError, type ApiError } from '@local-llm-agent/contracts';
import type { AnswerTranslator } from './answer.translator.js';

const DONE = '[DONE]';

/** Reads the engine's events from bytes as they come, and gives what the translator makes of them. */
export class StreamTranslation {
  private readonly decoder = new StringDecoder('utf8');
  private readonly parser: EventSourceParser;
  private out = '';
  private over = false;
  private failed = false;

  constructor(private readonly translator: AnswerTranslator<unknown>) {
    this.parser = createParser({
      onEvent: ({ data }) => {
        this.event(data);
      },
      onComment: () => {
        if (!this.over) this.out += translator.waiting();
      },
    });
  }

  /** Takes bytes; returns the text to send, which may be empty. */
  push(bytes: Buffer): string {
    this.parser.feed(this.decoder.write(bytes));
    const { out } = this;
    this.out = '';
    return out;
  }

  /** Whether the end of the answer has come, and is still to be written. */
  get complete(): boolean {
    return this.over && !this.failed;
  }

  /** Whether the end of the answer, or its error, has come. */
  get ended(): boolean {
    return this.over;
  }

  private event(data: string): void {
    if (this.over) return;
    if (data === DONE) {
      this.over = true;
      return;
    }
    try {
      const parsed = JSON.parse(data) as object;
      if (!('error' in parsed)) {
        this.out += this.translator.chunk(parsed);
        return;
      }
      this.fail(parseErrorBody(502, data, { origin: 'engine' }));
    } catch (thrown) {
      this.fail(toApiError(thrown));
    }
  }

  private fail(error: ApiError): void {
    this.over = true;
    this.failed = true;
    this.out += this.translator.error(error);
  }
}
