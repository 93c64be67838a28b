import { parseErrorBody, type ApiError } from '@local-llm-agent/contracts';

/** The error that a line of the engine's progress is; undefined for a step. */
export function readProgressError(line: string): ApiError | undefined {
  if (!line.startsWith('{"error":')) return undefined;
  return parseErrorBody(502, line, { origin: 'engine' });
}
