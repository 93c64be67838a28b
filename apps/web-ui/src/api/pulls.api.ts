import type { PullList, PullOrder, PullStatus } from '@local-llm-agent/contracts';
import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { requestJson } from './http.client';

/** How often it is asked how far the pulls are, and whether somebody else began one, ms. */
const RUNNING_LOOK_MS = 1000;
const LOOK_MS = 5000;

/** The pulls that are under way, whoever began them, and those that ended lately (`GET /admin/pulls`); for admins. */
export function usePulls(): UseQueryResult<readonly PullStatus[]> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['pulls', key],
    queryFn: async ({ signal }) => (await requestJson<PullList>('/admin/pulls', { signal })).pulls,
    refetchInterval: ({ state: { data } }) =>
      data?.some(({ state }) => state === 'running') === true ? RUNNING_LOOK_MS : LOOK_MS,
  });
}

/** Begins a pull (`POST /admin/pulls`), which goes on without this page. */
export function usePullStart(): UseMutationResult<PullStatus, Error, PullOrder> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (order) => requestJson<PullStatus>('/admin/pulls', { method: 'POST', body: order }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['pulls'] }),
  });
}

/** Ends a pull that is under way, or forgets one that has ended (`DELETE /admin/pulls/{id}`). */
export function usePullEnd(): UseMutationResult<PullStatus, Error, string> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id) => requestJson<PullStatus>(`/admin/pulls/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['pulls'] }),
  });
}
