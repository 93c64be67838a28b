import type { ModelPin, ModelResidence, TaggedModel } from '@local-llm-agent/contracts';
import {
  useIsMutating,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { requestJson, send } from './http.client';

/** A load waits its turn and may take minutes; the gateway ends it when the time of the tier is over. */
const LONGEST_CHANGE_MS = 30 * 60_000;

/** What can be done with a model that is installed. */
export type ModelChange = 'load' | 'unload' | 'pin' | 'unpin';

/** What is installed, with sizes and quantization (`GET /api/tags`). */
export function useInstalledModels(): UseQueryResult<readonly TaggedModel[]> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['installed-models', key],
    queryFn: async ({ signal }) =>
      (await requestJson<{ models: readonly TaggedModel[] }>('/api/tags', { signal })).models,
  });
}

/** Has all lists of models read again, after one of them was changed. */
export function refreshModels(queries: QueryClient): void {
  for (const list of ['models', 'model-plans', 'installed-models'])
    void queries.invalidateQueries({ queryKey: [list] });
}

/** Loads, unloads, pins or unpins a model (`POST /admin/models/{id}/...`). */
export function useModelChange(id: string): UseMutationResult<ModelResidence | ModelPin, Error, ModelChange> {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: ['model-change', id],
    mutationFn: (what) =>
      requestJson<ModelResidence | ModelPin>(`/admin/models/${encodeURIComponent(id)}/${what}`, {
        method: 'POST',
        timeoutMs: LONGEST_CHANGE_MS,
      }),
    onSettled: () => refreshModels(queries),
  });
}

/** Whether a change of the model was ordered from this page and is not done yet, also after the view was left. */
export function useIsChanging(id: string): boolean {
  return useIsMutating({ mutationKey: ['model-change', id] }) > 0;
}

/** Removes an installed model from its runtimes (`DELETE /api/delete`). */
export function useModelRemoval(): UseMutationResult<void, Error, string> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (model) => {
      await send('/api/delete', { method: 'DELETE', body: { model } });
    },
    onSettled: () => refreshModels(queries),
  });
}
