import type { EngineStatus, ErrorObject } from '@local-llm-agent/contracts';
import { useEffect, useState } from 'react';
import { useKey } from '../session/key.store';
import { readEvents } from './event-stream.reader';
import { ApiFailure, send } from './http.client';

/** Wait before the stream is opened again, ms: doubled from the first to the last. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 10_000;

/** What is known of the engine now. */
export interface LiveStatus {
  /** The newest state; undefined before the first one. It stays while `failure` says why there is no newer one. */
  readonly status: EngineStatus | undefined;
  readonly failure: ApiFailure | undefined;
}

async function listen(signal: AbortSignal, heard: (live: Partial<LiveStatus>) => void): Promise<void> {
  const response = await send('/admin/events', { signal });
  for await (const { event, data } of readEvents(response)) {
    if (event === 'status') heard({ status: JSON.parse(data) as EngineStatus, failure: undefined });
    else if (event === 'unavailable') {
      const { error } = JSON.parse(data) as ErrorObject;
      heard({ failure: new ApiFailure(error.message, 503, error.code) });
    }
  }
  throw new ApiFailure('The gateway ended the stream.', 0, 'unreachable');
}

async function listenAgain(signal: AbortSignal, heard: (live: Partial<LiveStatus>) => void): Promise<void> {
  let wait = FIRST_WAIT_MS;
  for (;;) {
    try {
      await listen(signal, (live) => {
        wait = FIRST_WAIT_MS;
        heard(live);
      });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof ApiFailure ? error : new ApiFailure(String(error), 0, 'unreachable');
      heard({ failure });
      // A key that may not look will not be let in later either; another key starts anew.
      if (failure.status === 401 || failure.status === 403) return;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) return;
    wait = Math.min(wait * 2, LAST_WAIT_MS);
  }
}

const NOTHING: LiveStatus = { status: undefined, failure: undefined };

/** Whether somebody sees this tab. */
function useIsSeen(): boolean {
  const [seen, setSeen] = useState(!document.hidden);
  useEffect(() => {
    const look = (): void => setSeen(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return seen;
}

/**
 * The state of the engine as it changes (`GET /admin/events`), while the caller is on the page and the tab is seen: a
 * browser has six connections to a host for all its tabs, and those that nobody sees would take them all.
 */
export function useLiveStatus(): LiveStatus {
  const key = useKey((state) => state.key);
  const seen = useIsSeen();
  const [heard, setHeard] = useState({ by: key, live: NOTHING });
  useEffect(() => {
    if (!seen) return undefined;
    const abort = new AbortController();
    void listenAgain(abort.signal, (news) => {
      setHeard(({ by, live }) => ({ by: key, live: { ...(by === key ? live : NOTHING), ...news } }));
    });
    return () => abort.abort();
  }, [key, seen]);
  return heard.by === key ? heard.live : NOTHING;
}
