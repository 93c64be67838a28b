import type { ServerResponse } from 'node:http';
import { backendUnavailable, inferenceTimeout } from '@local-llm-agent/contracts';
import { contextOf, type RequestWatch } from '@local-llm-agent/http';

/** The signal of a request whose answer is sent in one piece, and how to forget it. */
export interface WatchedRequest {
  readonly signal: AbortSignal;
  readonly forget: () => void;
}

/**
 * A signal that is aborted when the client leaves, when the time is over (`late` is the message of that error), and
 * when the service shuts down.
 */
export function watchRequest(
  res: ServerResponse,
  watch: RequestWatch,
  { timeoutMs, late }: { timeoutMs: number; late: string },
): WatchedRequest {
  const abort = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) abort.abort(backendUnavailable('The client left.'));
  });
  const forget = watch.add({
    deadlineAt: contextOf(res).startedAt + timeoutMs,
    expire: () => {
      abort.abort(inferenceTimeout(late, { origin: 'engine' }));
    },
    stop: (error) => {
      abort.abort(error);
    },
  });
  return { signal: abort.signal, forget };
}
