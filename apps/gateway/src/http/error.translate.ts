import type { ApiError } from '@local-llm-agent/contracts';

/** Paths whose clients expect a `detail` text beside the error (LocalModels). */
const DETAIL_PATHS = /^\/(?:$|health$|models$|chat(?:\/|$))/;

/** Paths of the Ollama API. */
const OLLAMA_PATHS = /^\/api(?:\/|$)/;

/** The first name in quotes. */
const QUOTED = /'([^']*)'/;

/** The error as Ollama's clients know it. They look for the words "not found" to offer a pull. */
export function ollamaErrorBody(error: ApiError): string {
  const { code, message } = error;
  const name = QUOTED.exec(message)?.[1] ?? '';
  return JSON.stringify({ error: code === 'model_not_found' ? `model '${name}' not found. ${message}` : message });
}

/** The error as the body of a whole answer, in the dialect of the path. */
export function errorBody(error: ApiError, path: string): string {
  if (OLLAMA_PATHS.test(path)) return ollamaErrorBody(error);
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
