import type { ApiError } from '@local-llm-agent/contracts';

/** Paths whose clients expect a `detail` text beside the error (LocalModels). */
const DETAIL_PATHS = /^\/(?:$|health$|models$|chat(?:\/|$))/;

/** The error as the body of a whole answer, in the dialect of the path. */
export function errorBody(error: ApiError, path: string): string {
  const body = error.toBody();
  return JSON.stringify(DETAIL_PATHS.test(path) ? { ...body, detail: error.message } : body);
}

/**
 * The error as the last event of a stream. OpenAI's clients look for a top-level `error`. The blank lines before it
 * end an event that the engine left half-sent; after a whole event they mean nothing.
 */
export function errorEvent(error: ApiError): string {
  return `\n\ndata: ${JSON.stringify(error.toBody())}\n\n`;
}
