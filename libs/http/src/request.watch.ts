import type { ApiError } from '@local-llm-agent/contracts';
import { RunningList } from './running-list.state.js';

/** A running request, as the watch sees it. Times are `performance.now()` milliseconds. */
export interface Watched {
  /** When the whole answer must be there. */
  readonly deadlineAt: number;
  /** Called once when the deadline passes. */
  expire(): void;
  /** Called when the service cannot wait for it any longer: it is to end with this error. */
  stop?(error: ApiError): void;
  /** Called on each tick until the deadline, to look after silences. */
  tick?(now: number): void;
}

/** How often the watch looks. */
const TICK_MS = 250;

/**
 * Watches the deadlines of all running requests with one timer for all of them: a timer for each request, or for each
 * token, would cost more than the bookkeeping it guards.
 */
export class RequestWatch {
  private readonly running = new RunningList<Watched>();
  private timer: NodeJS.Timeout | undefined;

  /** Watches until the returned function is called. */
  add(watched: Watched): () => void {
    const forget = this.running.add(watched);
    this.timer ??= setInterval(() => {
      this.look();
    }, TICK_MS).unref();
    return forget;
  }

  /** Ends every request that runs with this error. */
  stopAll(error: ApiError): void {
    for (const { item } of this.running) item.stop?.(error);
  }

  /** Requests that run now. */
  get size(): number {
    return this.running.size;
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.running.clear();
  }

  private look(): void {
    const now = performance.now();
    for (const { item, off } of this.running) {
      if (now < item.deadlineAt) {
        item.tick?.(now);
        continue;
      }
      off();
      item.expire();
    }
  }
}
