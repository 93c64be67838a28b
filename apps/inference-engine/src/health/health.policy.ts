import type { DependencyStatus, EngineHealth } from '@local-llm-agent/contracts';

/** What a runtime said of itself. */
export interface RuntimeReport {
  /** Its kind; several hosts may be of one kind. */
  readonly name: string;
  readonly up: boolean;
  readonly detail: string | undefined;
}

/**
 * The state of the engine. A kind of runtime is up when one of its hosts is.
 * 1. No runtime answers: unhealthy.
 * 2. One of several runtimes is down, or no model is installed: degraded.
 * 3. Else healthy.
 */
export function engineHealth(reports: readonly RuntimeReport[], models: readonly string[]): EngineHealth {
  const runtimes: Record<string, DependencyStatus> = { ollama: 'not_used' };
  for (const report of reports) if (runtimes[report.name] !== 'up') runtimes[report.name] = report.up ? 'up' : 'down';
  const down = reports.filter((report) => !report.up);
  const details = reports.flatMap((report) => report.detail ?? []);
  // 1.
  if (down.length === reports.length)
    return { status: 'unhealthy', detail: details.join(' ') || 'No runtime answers.', runtimes, models: [] };
  // 2.
  if (models.length === 0)
    details.push('No model is installed: pull one into Ollama, or put a GGUF file into MODELS_DIR.');
  if (down.length > 0 || models.length === 0)
    return { status: 'degraded', detail: details.join(' '), runtimes, models };
  // 3.
  return { status: 'healthy', runtimes, models };
}
