import { useQuery } from '@tanstack/react-query';
import { ApiFailure, requestJson } from './http.client';

/** How often the gateway is asked whether it is well, ms. */
const LOOK_MS = 10_000;

/** How the system is; `unreachable` when the gateway does not answer. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy' | 'unreachable';

async function health(signal: AbortSignal): Promise<HealthStatus> {
  try {
    return (await requestJson<{ status: HealthStatus }>('/health', { signal, timeoutMs: LOOK_MS })).status;
  } catch (error) {
    if (error instanceof ApiFailure) return error.status === 0 ? 'unreachable' : 'unhealthy';
    throw error;
  }
}

/** How the system is now (`GET /health`); undefined before the first answer. */
export function useHealth(): HealthStatus | undefined {
  return useQuery({ queryKey: ['health'], queryFn: ({ signal }) => health(signal), refetchInterval: LOOK_MS }).data;
}
