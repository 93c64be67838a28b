import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ENGINE_PATHS, backendUnavailable, toApiError, type EngineStatus } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { HttpEdge, boundedSignal } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { EngineManagementClient } from '../inference/engine-management.client.js';
import { fingerprintOf } from './status-change.policy.js';

/** Pages that may listen to one gateway at the same time. */
const MOST_LISTENERS = 100;
/** How often the engine is asked while somebody listens. */
const LOOK_MS = 1000;
/** Longest wait for its answer. */
const LOOK_TIMEOUT_MS = 5000;
/** How often it is looked whether who listens still may: well within the time that a revocation has. */
const CHECK_MS = 1000;
/** Seconds until a refused page may find a place. */
const FULL_RETRY_SECONDS = 10;

const STREAM_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;
/** How long a browser waits before it comes back to a gateway that is gone, ms. */
const RETRY = 'retry: 2000\n\n';
const HEARTBEAT = ': nothing has changed\n\n';

/** What the engine said last, and what of it counts as a change. */
interface Seen {
  readonly fingerprint: string;
  readonly event: string;
}

/**
 * Tells any number of pages what goes on, for one look at the engine a second, and for none while nobody listens.
 * A page that reads slower than the state changes misses states, never the newest one.
 */
@Injectable()
export class StatusFeed implements OnModuleDestroy {
  private readonly listeners = new Map<ServerResponse, { sent: Seen | undefined; at: number }>();
  private seen: Seen | undefined;
  private looking = false;
  private readonly closing = new AbortController();

  constructor(
    private readonly engine: EngineManagementClient,
    private readonly edge: HttpEdge,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Opens the stream of a page; it ends when the page leaves, or the gateway, or when the page may not listen any more.
   * Throws a 503 when too many listen.
   */
  add(res: ServerResponse, mayListen: () => boolean): void {
    if (this.listeners.size >= MOST_LISTENERS)
      throw backendUnavailable(
        `${MOST_LISTENERS} pages listen to this gateway already. Close one, or ask GET /admin/residency from time to time.`,
        { origin: 'gateway', retryAfterSeconds: FULL_RETRY_SECONDS },
      );
    res.writeHead(200, STREAM_HEAD);
    res.write(RETRY);
    this.listeners.set(res, { sent: undefined, at: performance.now() });
    const check = setInterval(() => {
      if (!mayListen()) res.end();
    }, CHECK_MS).unref();
    res.once('close', () => {
      clearInterval(check);
      this.listeners.delete(res);
    });
    if (this.looking) this.tell();
    else void this.look();
  }

  /** Ends all streams. */
  onModuleDestroy(): void {
    this.closing.abort();
    for (const res of this.listeners.keys()) res.end();
    this.listeners.clear();
  }

  /** Looks until nobody listens any more. */
  private async look(): Promise<void> {
    this.looking = true;
    // What was seen before the last page left may be old.
    this.seen = undefined;
    while (this.listeners.size > 0 && !this.edge.draining && !this.closing.signal.aborted) {
      this.seen = await this.read();
      this.tell();
      await wait(LOOK_MS, undefined, { ref: false });
    }
    this.looking = false;
    if (this.edge.draining) this.onModuleDestroy();
  }

  /** The state of the engine as an event; one that does not answer is a state as well. */
  private async read(): Promise<Seen> {
    const { signal, end } = boundedSignal(this.closing.signal, LOOK_TIMEOUT_MS);
    try {
      const call = { method: 'GET', path: ENGINE_PATHS.status, requestId: 'status-feed', signal } as const;
      const text = await this.engine.text(call);
      return {
        fingerprint: fingerprintOf(JSON.parse(text) as EngineStatus),
        event: `event: status\ndata: ${text}\n\n`,
      };
    } catch (thrown) {
      const body = JSON.stringify(toApiError(thrown).toBody());
      return { fingerprint: body, event: `event: unavailable\ndata: ${body}\n\n` };
    } finally {
      end();
    }
  }

  private tell(): void {
    const { seen } = this;
    if (!seen) return;
    const now = performance.now();
    for (const [res, listener] of this.listeners) {
      if (res.writableNeedDrain || res.writableEnded) continue;
      if (listener.sent?.fingerprint !== seen.fingerprint) res.write(seen.event);
      else if (now - listener.at >= this.settings.HEARTBEAT_SECONDS * 1000) res.write(HEARTBEAT);
      else continue;
      listener.sent = seen;
      listener.at = now;
    }
  }
}
