import type {
  ApiKey,
  ApiKeyList,
  CreateApiKeyRequest,
  NewApiKey,
  UpdateApiKeyRequest,
} from '@local-llm-agent/contracts';
import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { requestJson } from './http.client';

const KEYS = 'api-keys';

function pathOf(id: string): string {
  return `/admin/keys/${encodeURIComponent(id)}`;
}

/** Every key, those that have ended as well, and whether one is needed (`GET /admin/keys`); for admins. */
export function useKeys(): UseQueryResult<ApiKeyList> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: [KEYS, key],
    queryFn: ({ signal }) => requestJson<ApiKeyList>('/admin/keys', { signal }),
  });
}

/** Has the list of keys read again. */
export function useRefreshKeys(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: [KEYS] });
}

/** Makes a key (`POST /admin/keys`). The list is not read again: after the very first key that needs one. */
export function useCreateKey(): UseMutationResult<NewApiKey, Error, CreateApiKeyRequest> {
  return useMutation({
    mutationFn: (body) => requestJson<NewApiKey>('/admin/keys', { method: 'POST', body }),
  });
}

/** Changes what a key may do (`PATCH /admin/keys/{id}`). */
export function useUpdateKey(id: string): UseMutationResult<ApiKey, Error, UpdateApiKeyRequest> {
  const refresh = useRefreshKeys();
  return useMutation({
    mutationFn: (body) => requestJson<ApiKey>(pathOf(id), { method: 'PATCH', body }),
    onSuccess: refresh,
  });
}

/** Gives a key a new text; the old one stays good for so many seconds (`POST /admin/keys/{id}/rotate`). */
export function useRotateKey(id: string): UseMutationResult<NewApiKey, Error, number> {
  return useMutation({
    mutationFn: (graceSeconds) =>
      requestJson<NewApiKey>(`${pathOf(id)}/rotate`, { method: 'POST', body: { graceSeconds } }),
  });
}

/** Ends a key for good (`DELETE /admin/keys/{id}`). */
export function useRevokeKey(id: string): UseMutationResult<ApiKey, Error, void> {
  const refresh = useRefreshKeys();
  return useMutation({
    mutationFn: () => requestJson<ApiKey>(pathOf(id), { method: 'DELETE' }),
    onSuccess: refresh,
  });
}
