import type { UsageGroup, UsageReport } from '@local-llm-agent/contracts';
import { useMutation, useQuery, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { requestJson, send } from './http.client';

/** What of the usage is asked for; both days are counted, in UTC. */
export interface UsageTerms {
  readonly from: string;
  readonly to: string;
  readonly groupBy: UsageGroup;
}

function pathOf(terms: UsageTerms, format: 'json' | 'csv'): string {
  return `/admin/usage?${new URLSearchParams({ ...terms, format }).toString()}`;
}

/** The usage (`GET /admin/usage`); for admins. Undefined terms ask nothing. */
export function useUsage(terms: UsageTerms | undefined): UseQueryResult<UsageReport> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['usage', key, terms],
    queryFn: ({ signal }) =>
      requestJson<UsageReport>(pathOf(terms ?? { from: '', to: '', groupBy: 'day' }, 'json'), { signal }),
    enabled: terms !== undefined,
    placeholderData: (before, query) => (query?.queryKey[1] === key ? before : undefined),
  });
}

/** The usage as CSV. The key goes into a header, so a plain link would not do. */
export function useUsageCsv(): UseMutationResult<Blob, Error, UsageTerms> {
  return useMutation({ mutationFn: async (terms) => (await send(pathOf(terms, 'csv'))).blob() });
}
