import type { ModelList, ModelPlans } from '@local-llm-agent/contracts';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { requestJson } from './http.client';

/** The models that the caller may use, the names of the tiers among them (`GET /v1/models`). */
export function useModels(): UseQueryResult<ModelList> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['models', key],
    queryFn: ({ signal }) => requestJson<ModelList>('/v1/models', { signal }),
  });
}

/** Every model with what it would take to load it (`GET /admin/models`); for admins. */
export function useModelPlans(): UseQueryResult<ModelPlans> {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['model-plans', key],
    queryFn: ({ signal }) => requestJson<ModelPlans>('/admin/models', { signal }),
  });
}
