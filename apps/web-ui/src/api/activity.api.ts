import type { EngineTimeline, GatewayActivity, RecordedRequests } from '@local-llm-agent/contracts';
import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { joinActivity } from './activity-news.state';
import { ApiFailure, requestJson } from './http.client';
import { joinTimeline } from './timeline-news.state';

/** How often it is asked for news, ms. */
const LOOK_MS = 2000;
/** How often for the last requests, which are read from a database. */
const REQUESTS_LOOK_MS = 4000;
const LAST_REQUESTS = 50;

/** When to ask again. Who may not look will not be let in later either: another key asks anew. */
function lookAgain(paused: boolean, ms: number) {
  return ({ state: { error } }: { readonly state: { readonly error: Error | null } }): number | false => {
    const refused = error instanceof ApiFailure && (error.status === 401 || error.status === 403);
    return paused || refused ? false : ms;
  };
}

interface News<T> {
  readonly path: string;
  readonly before: T | undefined;
  readonly signal: AbortSignal;
  readonly join: (before: T, news: T) => T | undefined;
}

/** What came since the answer before, put together with it; all of it where that does not fit. */
async function readNews<T extends { readonly time: string }>({ path, before, signal, join }: News<T>): Promise<T> {
  if (before) {
    const since = `${path.includes('?') ? '&' : '?'}since=${encodeURIComponent(before.time)}`;
    const joined = join(before, await requestJson<T>(path + since, { signal }));
    if (joined) return joined;
  }
  return requestJson<T>(path, { signal });
}

/** What the models in memory did in the last half hour (`GET /admin/timeline`), live unless it is paused; for admins. */
export function useTimeline(paused: boolean): UseQueryResult<EngineTimeline> {
  const key = useKey((state) => state.key);
  const client = useQueryClient();
  const queryKey = ['timeline', key];
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => {
      const before = client.getQueryData<EngineTimeline>(queryKey);
      return readNews({ path: '/admin/timeline', before, signal, join: joinTimeline });
    },
    refetchInterval: lookAgain(paused, LOOK_MS),
    refetchOnWindowFocus: !paused,
  });
}

/** How much of the activity is shown, and how fine. Seconds. */
export interface ActivityFrame {
  readonly seconds: number;
  readonly step: number;
}

/** What goes through the gateway (`GET /admin/activity`), live unless it is paused; for admins. */
export function useActivity({ seconds, step }: ActivityFrame, paused: boolean): UseQueryResult<GatewayActivity> {
  const key = useKey((state) => state.key);
  const client = useQueryClient();
  const queryKey = ['activity', key, seconds, step];
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => {
      const before = client.getQueryData<GatewayActivity>(queryKey);
      const path = `/admin/activity?seconds=${seconds}&step=${step}`;
      return readNews({ path, before, signal, join: joinActivity });
    },
    refetchInterval: lookAgain(paused, LOOK_MS),
    refetchOnWindowFocus: !paused,
  });
}

/** Which of the last requests are meant: those of a caller, for a model, that ended so. All where nothing is said. */
export interface RequestFilter {
  readonly key?: string;
  readonly model?: string;
  readonly outcome?: string;
}

/** The requests that ended last (`GET /admin/requests`), live unless it is paused; for admins. */
export function useLastRequests(filter: RequestFilter, paused: boolean): UseQueryResult<RecordedRequests> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['last-requests', key, filter],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ limit: String(LAST_REQUESTS), ...filter });
      return requestJson<RecordedRequests>(`/admin/requests?${query}`, { signal });
    },
    refetchInterval: lookAgain(paused, REQUESTS_LOOK_MS),
    refetchOnWindowFocus: !paused,
    placeholderData: keepPreviousData,
  });
}
