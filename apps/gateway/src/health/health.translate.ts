import type { EngineHealth } from '@local-llm-agent/contracts';
import type { HealthReport } from './health.dto.js';

/** What `/health` says besides the engine's own report. */
export interface HealthFrame {
  readonly timestamp: string;
  readonly version: string;
  readonly defaultModel: string;
  /** Set while the gateway shuts down. */
  readonly draining: boolean;
}

/**
 * The health report of the gateway.
 * 1. The engine does not answer: unhealthy, its runtimes are unknown and count as down.
 * 2. Else the engine's own status.
 */
export function toHealthReport(engine: EngineHealth | undefined, frame: HealthFrame, detail?: string): HealthReport {
  const runtimes = engine?.runtimes ?? { ollama: 'down' as const };
  const why = frame.draining ? 'The gateway is shutting down.' : (engine?.detail ?? detail);
  return {
    // 1. and 2.
    status: frame.draining ? 'unhealthy' : (engine?.status ?? 'unhealthy'),
    timestamp: frame.timestamp,
    version: frame.version,
    dependencies: { inference_engine: engine ? 'up' : 'down', ...runtimes },
    ...(why === undefined ? {} : { detail: why }),
    ollama_service: runtimes['ollama'] ?? 'not_used',
    default_model: frame.defaultModel,
    available_models: [...(engine?.models ?? [])],
    litellm_enabled: true,
  };
}
