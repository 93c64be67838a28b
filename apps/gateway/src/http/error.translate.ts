import type { ApiError } from '@local-llm-agent/contracts';
import { anthropicErrorBody } from './anthropic-error.translate.js';
import { rpcError } from './rpc-error.translate.js';

/** What of a request decides how its errors look. */
export interface FailedRequest {
  readonly id: string;
  readonly method?: string;
  /** Path without the query. */
  readonly path: string;
}

interface Dialect {
  /** All, unless it is given. */
  readonly method?: string;
  readonly paths: RegExp;
  readonly body: (error: ApiError, requestId: string) => object;
}

/** Whose requests come on these paths and are answered for by Anthropic's clients. */
const ANTHROPIC_PATHS = /^\/v1\/messages(?:\/|$)/;

/** The first name in quotes. */
const QUOTED = /'([^']*)'/;

/** Ollama's clients look for the words "not found" to offer a pull. */
function ollamaError({ code, message }: ApiError): object {
  const name = QUOTED.exec(message)?.[1] ?? '';
  return { error: code === 'model_not_found' ? `model '${name}' not found. ${message}` : message };
}

/** Error bodies by method and path; OpenAI's shape everywhere else. */
const DIALECTS: readonly Dialect[] = [
  { method: 'POST', paths: /^\/(?:mcp)?$/, body: rpcError },
  { paths: ANTHROPIC_PATHS, body: anthropicErrorBody },
  { paths: /^\/api(?:\/|$)/, body: ollamaError },
  // LocalModels: a `detail` text beside the error.
  {
    paths: /^\/(?:$|health$|models$|chat(?:\/|$))/,
    body: (error) => ({ ...error.toBody(), detail: error.message }),
  },
];

/** The error as Ollama's clients know it. */
export function ollamaErrorBody(error: ApiError): string {
  return JSON.stringify(ollamaError(error));
}

/** The error as the body of a whole answer, in the dialect of the path. */
export function errorBody(error: ApiError, { id, method, path }: FailedRequest): string {
  const dialect = DIALECTS.find((each) => each.paths.test(path) && (each.method ?? method) === method);
  return JSON.stringify(dialect ? dialect.body(error, id) : error.toBody());
}

/** Headers that every answer of the path carries, errors too, besides those of all paths. */
export function headersOf({ id, path }: FailedRequest): Readonly<Record<string, string>> {
  return ANTHROPIC_PATHS.test(path) ? { 'request-id': id } : {};
}

/**
 * The error as the last event of a stream. OpenAI's clients look for a top-level `error`. The blank lines before it
 * end an event that the engine left half-sent; after a whole event they mean nothing.
 */
export function errorEvent(error: ApiError): string {
  return `\n\ndata: ${JSON.stringify(error.toBody())}\n\n`;
}
