import {
  HEADERS,
  backendUnavailable,
  parseErrorBody,
  type ApiError,
  type ErrorOrigin,
} from '@local-llm-agent/contracts';
import { engineRefusesUs } from './engine-token.translate.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const ORIGINS: readonly unknown[] = ['gateway', 'engine', 'runtime'];

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** An error answer of the engine as the error it was there. */
export function readEngineError(status: number, headers: Headers, body: string): ApiError {
  if (status === 401) return engineRefusesUs();
  const origin = text(headers[HEADERS.errorOrigin]);
  const seconds = Number(text(headers['retry-after']));
  return parseErrorBody(status, body, {
    origin: (ORIGINS.includes(origin) ? origin : 'engine') as ErrorOrigin,
    lasting: text(headers[HEADERS.shouldRetry]) === 'false',
    ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
  });
}

/** The engine does not answer at all. */
export function engineGone(url: string, cause: unknown): ApiError {
  return backendUnavailable(`The inference engine does not answer at ${url}. Start it, or set ENGINE_URL.`, {
    origin: 'gateway',
    cause,
    retryAfterSeconds: 1,
  });
}
