import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { HEADERS } from '@local-llm-agent/contracts';
import { headOfBody, headOfEvent } from './answer-text.policy.js';
import { underHead } from './answer-text.translate.js';
import { AnswerReader, type AnswerEnd, type AnswerSource, type AnswerStart } from './answer.reader.js';
import { EventTextState } from './event-text.state.js';
import type { AnswerHead } from './recording.types.js';

/** A whole answer with status 200, as the engine gave it. */
export interface RunAnswer {
  readonly streaming: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a run is told to do. */
export interface RunTerms {
  /** Most bytes that are held for those who join, and for the cache. */
  readonly mostBytes: number;
  /** The head that a follower gets in place of that of the answer. */
  readonly headFor: (old: AnswerHead) => AnswerHead;
  /** The run takes nobody in any more: it has ended, grew too large, or was left by all. */
  readonly closed: () => void;
  /** The answer is whole, was good, and is within the bound. */
  readonly whole: (answer: RunAnswer) => void;
}

/** Most requests that share one run: each costs a write for each event. */
const MOST_READERS = 256;
/** A plain answer that is larger goes to its readers as it is, and they know what to say of it. */
const MOST_PLAIN_BYTES = 64 * 2 ** 20;

/** A reader that joined. */
interface Following {
  /** Its own head, once that of the answer is known. */
  head?: AnswerHead;
}

/**
 * One run of the engine that several identical requests wait for. The first reader gets the answer as it is; those who
 * join get what is there already and then the same events, under a head of their own. Who leaves does not stop it while
 * another reads. Of those who are there at its end the one that came first is told the tokens, and so pays for them.
 */
export class AnswerRun implements Dispatcher.DispatchHandler, AnswerSource {
  private controller: Dispatcher.DispatchController | undefined;
  /** Who reads, in order of arrival; the one that the run is for gets the answer as it is. */
  private readonly readers = new Map<AnswerReader, Following | undefined>();
  private start: AnswerStart | undefined;
  private streaming = false;
  private readonly events = new EventTextState();
  private head: AnswerHead | undefined;
  /** What is there, from the place of the first one on. */
  private texts: string[] = [];
  private firstPlace = 0;
  private plain: Buffer[] = [];
  /** Whether the readers get to see a plain answer: once it is whole. */
  private shown = false;
  private size = 0;
  private end: AnswerEnd | undefined;
  private payer: AnswerReader | undefined;
  private leftBy: Error | undefined;
  private isOpen = true;

  constructor(private readonly terms: RunTerms) {}

  /** Whether another request may join. */
  get open(): boolean {
    return this.isOpen && this.readers.size < MOST_READERS;
  }

  /** Lets a handler read as the one that the run is for. False when it has let go already. */
  lead(handler: Dispatcher.DispatchHandler): boolean {
    return this.add(handler, undefined);
  }

  /** Lets another handler read from the beginning. */
  join(handler: Dispatcher.DispatchHandler): void {
    this.add(handler, {});
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.leftBy) controller.abort(this.leftBy);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.start = { status, headers };
    this.streaming = status < 300 && String(headers['content-type']).startsWith('text/event-stream');
    if (!this.streaming) return;
    this.shown = true;
    this.playAll();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.terms.mostBytes) this.close();
    if (this.streaming) {
      this.readEvents(chunk);
      return;
    }
    this.plain.push(chunk);
    if (this.size > MOST_PLAIN_BYTES) this.showPlain();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    const wasOpen = this.isOpen;
    this.finish({ trailers });
    this.playAll();
    // After the readers: they have waited long enough.
    if (!wasOpen || this.start?.status !== 200) return;
    const { headers } = this.start;
    this.terms.whole({ streaming: this.streaming, headers, trailers, text: this.texts.join('') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, failure: Error): void {
    this.finish({ failure });
    this.playAll();
  }

  startFor(reader: AnswerReader): AnswerStart | undefined {
    if (!this.shown || !this.start) return undefined;
    const { status, headers } = this.start;
    return reader === this.payer ? this.start : { status, headers: withoutTokens(headers) };
  }

  partFor(reader: AnswerReader, place: number): Buffer | undefined {
    if (!this.shown) return undefined;
    const text = this.texts[place - this.firstPlace];
    if (text === undefined) return undefined;
    const following = this.readers.get(reader);
    if (!following) return Buffer.from(text);
    this.head ??= this.streaming ? headOfEvent(text) : headOfBody(text);
    following.head ??= this.terms.headFor(this.head);
    return Buffer.from(underHead(text, this.head, following.head));
  }

  endFor(reader: AnswerReader): AnswerEnd | undefined {
    const { end } = this;
    if (end === undefined || 'failure' in end || reader === this.payer) return end;
    return { trailers: withoutTokens(end.trailers) };
  }

  moved(reader: AnswerReader): void {
    if (reader.over) this.leave(reader);
    if (this.isOpen || this.end) return;
    this.forgetRead();
    const isBehind = [...this.readers.keys()].some(({ paused }) => paused);
    if (isBehind) this.controller?.pause();
    else this.controller?.resume();
  }

  private add(handler: Dispatcher.DispatchHandler, following: Following | undefined): boolean {
    const reader = new AnswerReader(handler, this);
    this.readers.set(reader, following);
    reader.begin();
    if (reader.over) return false;
    reader.play();
    return true;
  }

  private leave(reader: AnswerReader): void {
    if (!this.readers.delete(reader) || this.readers.size > 0 || this.end) return;
    this.leftBy = reader.reason ?? new Error('Nobody reads the answer any more.');
    this.close();
    this.controller?.abort(this.leftBy);
  }

  private readEvents(chunk: Buffer): void {
    const { events, comments } = this.events.push(chunk);
    for (const comment of comments) {
      const bytes = Buffer.from(comment);
      for (const reader of [...this.readers.keys()]) reader.comment(bytes);
    }
    if (events.length === 0) return;
    this.texts.push(events.join(''));
    this.playAll();
  }

  /** Gives a plain answer to the readers. */
  private showPlain(): void {
    if (this.shown || !this.start) return;
    this.texts = [Buffer.concat(this.plain).toString('utf8')];
    this.plain = [];
    this.shown = true;
    if (!this.end) this.playAll();
  }

  private finish(end: AnswerEnd): void {
    this.end = end;
    [this.payer] = this.readers.keys();
    this.close();
    if (!this.streaming) this.showPlain();
    else if (this.events.unfinished !== '') this.texts.push(this.events.unfinished);
  }

  private close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.terms.closed();
  }

  /** Nobody joins any more: what all have read is not needed again. */
  private forgetRead(): void {
    const places = [...this.readers.keys()].map(({ place }) => place);
    const read = Math.min(...places) - this.firstPlace;
    if (!Number.isFinite(read) || read <= 0) return;
    this.texts.splice(0, read);
    this.firstPlace += read;
  }

  private playAll(): void {
    for (const reader of [...this.readers.keys()]) reader.play();
  }
}

/** The fields of the engine without those that tell tokens. */
function withoutTokens(fields: IncomingHttpHeaders): IncomingHttpHeaders {
  const { [HEADERS.promptTokens]: _prompt, [HEADERS.completionTokens]: _completion, ...others } = fields;
  return others;
}
