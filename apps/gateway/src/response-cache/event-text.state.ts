import type { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';

const END = '\n\n';

/** What came of a stream. */
export interface EventTexts {
  /** Whole events, each with the empty line at its end. */
  readonly events: readonly string[];
  /** Comments, which keep the line open and tell the place in the queue. */
  readonly comments: readonly string[];
}

/** Cuts the bytes of a stream, however they come, into the texts of its events. */
export class EventTextState {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  /** Takes bytes; gives what has become whole by them. */
  push(bytes: Buffer): EventTexts {
    const text = this.rest + this.decoder.write(bytes);
    const events: string[] = [];
    const comments: string[] = [];
    let from = 0;
    for (let at = text.indexOf(END); at >= 0; at = text.indexOf(END, from)) {
      const block = text.slice(from, at + END.length);
      (block.startsWith(':') ? comments : events).push(block);
      from = at + END.length;
    }
    this.rest = text.slice(from);
    return { events, comments };
  }

  /** What has begun and is not whole. */
  get unfinished(): string {
    return this.rest;
  }
}
