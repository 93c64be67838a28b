import { streamChat } from '../../api/chat.api';
import { ApiFailure } from '../../api/http.client';
import { withChunk, withEnd, withHead, withWaiting } from './answer.state';
import type { Answer, AnswerFailure, ChatSettings, Turn } from './chat.types';
import { toChatBody } from './request.translate';
import { parseWait } from './wait.parse';

/** How often a page that nobody sees is brought up to date, ms: it has no frames. */
const HIDDEN_MS = 250;
/** After each drawing the page has so many times as long for everything else, such as what is typed meanwhile. */
const REST = 3;
const FRAME_MS = 16;

/** What is asked, and who hears how the answer grows. */
export interface AnswerOrder {
  readonly turns: readonly Turn[];
  readonly settings: ChatSettings;
  readonly answer: Answer;
  readonly signal: AbortSignal;
  /** Called once a frame at most while the answer comes, and once with its end. */
  readonly onChange: (answer: Answer) => void;
}

/** An error as it is kept with an answer. */
function toFailure(error: unknown, now: number): AnswerFailure {
  if (!(error instanceof ApiFailure)) return { code: 'unknown', message: String(error), status: 0, at: now };
  const { code, message, status, details } = error;
  return { code, message, status, ...details, at: now };
}

/**
 * Has `draw` called with the next frame, however often it is asked for before; what takes long to draw is drawn less
 * often.
 */
function perFrame(draw: () => void): { readonly ask: () => void; readonly cancel: () => void } {
  let cancel: (() => void) | undefined;
  let restUntil = 0;
  const run = (): void => {
    cancel = undefined;
    const began = performance.now();
    draw();
    // The next task begins when the browser has laid out and painted what was drawn.
    setTimeout(() => {
      const ended = performance.now();
      restUntil = ended + REST * (ended - began);
    });
  };
  const later = (wait: number): (() => void) => {
    const timer = setTimeout(run, wait);
    return () => clearTimeout(timer);
  };
  const schedule = (): (() => void) => {
    const rest = restUntil - performance.now();
    if (document.hidden || rest > FRAME_MS) return later(Math.max(rest, document.hidden ? HIDDEN_MS : 0));
    // A frame that was asked for just before the page was hidden comes when it is seen again; the end does not wait for it.
    const frame = requestAnimationFrame(run);
    return () => cancelAnimationFrame(frame);
  };
  return { ask: () => (cancel ??= schedule()), cancel: () => cancel?.() };
}

/** Streams one answer to its end, whatever that is; resolves with it and never rejects. */
export async function runAnswer({ turns, settings, answer, signal, onChange }: AnswerOrder): Promise<Answer> {
  const sentAt = performance.now();
  let now = answer;
  const frame = perFrame(() => onChange(now));
  const change = (next: Answer): void => {
    now = next;
    frame.ask();
  };
  const end = (next: Answer): Answer => {
    frame.cancel();
    onChange(next);
    return next;
  };
  try {
    const tier = settings.tier === 'auto' ? undefined : settings.tier;
    await streamChat(
      toChatBody(turns, settings),
      { tier, signal },
      {
        onHead: (head) => change(withHead(now, head)),
        onComment: (comment) => {
          const waiting = parseWait(comment);
          if (waiting) change(withWaiting(now, waiting));
        },
        onChunk: (chunk) => change(withChunk(now, chunk, performance.now() - sentAt)),
      },
    );
    return end(withEnd(now, 'done'));
  } catch (error) {
    if (signal.aborted) return end(withEnd(now, 'stopped'));
    return end(withEnd(now, 'failed', toFailure(error, Date.now())));
  }
}
