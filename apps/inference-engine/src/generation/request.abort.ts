import type { ServerResponse } from 'node:http';
import { backendUnavailable, inferenceTimeout } from '@local-llm-agent/contracts';
import { contextOf, type RequestWatch } from '@local-llm-agent/http';

/**
 * Works on a request whose answer is sent in one piece. The signal is aborted when the client leaves, when the time is
 * over (`late` is the message of that error), and when the service shuts down.
 */
export async function whileWanted<T>(
  res: ServerResponse,
  { watch, timeoutMs, late }: { readonly watch: RequestWatch; readonly timeoutMs: number; readonly late: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
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
  try {
    return await work(abort.signal);
  } finally {
    forget();
  }
}
