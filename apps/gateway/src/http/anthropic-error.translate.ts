import type { AnthropicErrorBody, ApiError } from '@local-llm-agent/contracts';

type ErrorType = AnthropicErrorBody['error']['type'];

/** Types by status, as https://docs.anthropic.com/en/api/errors has them. */
const TYPES: Readonly<Record<number, ErrorType>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

function typeOf({ status, retryAfterSeconds }: ApiError): ErrorType {
  const known = TYPES[status];
  if (known) return known;
  if (status < 500) return 'invalid_request_error';
  // Overloaded is what goes away by waiting; a runtime that is down, or memory that is not there, does not.
  return status === 503 && retryAfterSeconds !== undefined ? 'overloaded_error' : 'api_error';
}

/** From this the packages of Anthropic know to send the whole conversation, as to any server that keeps none. */
const NO_THREADS = { error_code: 'thread_unsupported_request', unsupported: ['thread'] } as const;

/** The error as Anthropic's clients expect it, whole or as the data of an `error` event. */
export function anthropicErrorBody(error: ApiError, requestId: string): AnthropicErrorBody {
  const details = error.param === 'thread' ? { details: NO_THREADS } : {};
  return { type: 'error', error: { type: typeOf(error), message: error.message, ...details }, request_id: requestId };
}
