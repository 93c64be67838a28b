import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';

/** What a gateway shows the engine, so that it is let in. */
export function engineCredentials({ ENGINE_TOKEN }: Pick<Settings, 'ENGINE_TOKEN'>): Readonly<Record<string, string>> {
  return ENGINE_TOKEN === undefined ? {} : { authorization: `Bearer ${ENGINE_TOKEN}` };
}

/** The engine does not let this gateway in. No fault of the client, whose own key was good. */
export function engineRefusesUs(cause?: unknown): ApiError {
  return backendUnavailable(
    'The inference engine does not let this gateway in: they have different ENGINE_TOKENs. Set the same for both.',
    { origin: 'gateway', cause },
  );
}
