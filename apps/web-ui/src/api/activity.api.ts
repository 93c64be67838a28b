import type { EngineTimeline, GatewayActivity } from '@local-llm-agent/contracts';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { joinActivity } from './activity-news.state';
import { requestJson } from './http.client';
import { joinTimeline } from './timeline-news.state';

/** How often it is asked for news, ms. */
const LOOK_MS = 2000;

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
    refetchInterval: paused ? false : LOOK_MS,
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
    refetchInterval: paused ? false : LOOK_MS,
    refetchOnWindowFocus: !paused,
  });
}
