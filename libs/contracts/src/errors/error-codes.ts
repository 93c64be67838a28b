/** The `type` values of an error body, as in the OpenAI error format. */
export type ErrorType = 'invalid_request_error' | 'authentication_error' | 'rate_limit_error' | 'server_error';

interface ErrorCodeEntry {
  readonly status: number;
  readonly type: ErrorType;
  readonly meaning: string;
}

/** Every error code a client can meet. The table in `docs/errors.md` is produced from this one. */
export const ERROR_CODES = {
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The request is malformed; `param` names the field. Also sent with 405, 408, 415 and 431.',
  },
  invalid_api_key: { status: 401, type: 'authentication_error', meaning: 'The API key is missing or wrong.' },
  permission_denied: { status: 403, type: 'authentication_error', meaning: 'The caller may not do this.' },
  model_not_found: { status: 404, type: 'invalid_request_error', meaning: 'No runtime has this model.' },
  not_found: { status: 404, type: 'invalid_request_error', meaning: 'No such path, or nothing under this id.' },
  context_length_exceeded: {
    status: 413,
    type: 'invalid_request_error',
    meaning: 'The prompt is longer than the context of the model; nothing is ever cut.',
  },
  request_too_large: {
    status: 413,
    type: 'invalid_request_error',
    meaning: 'The body has more bytes than the gateway accepts.',
  },
  rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    meaning:
      'Too many requests or tokens in a minute, too many requests at once, or no budget left this month; `Retry-After` says when to try again.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    meaning: 'A fault of ours; the log has the cause under the request id.',
  },
  backend_unavailable: {
    status: 503,
    type: 'server_error',
    meaning: 'The engine, the runtime or the memory for the model is not there now.',
  },
  inference_timeout: {
    status: 504,
    type: 'server_error',
    meaning: 'The answer did not come within the time of the tier.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

/** A key of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;
