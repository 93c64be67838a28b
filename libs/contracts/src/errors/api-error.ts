import { ERROR_CODES, type ErrorCode, type ErrorType } from './error-codes.js';

/** Who failed: our edge, our engine, or the model runtime behind it. */
export type ErrorOrigin = 'gateway' | 'engine' | 'runtime';

/** What went away under a request: the whole runtime or host, or the process of one model, which can be loaded anew. */
export type LostPart = 'runtime' | 'model';

/** The error body of the OpenAI format: `{"error": {...}}`. `param` is null when no field is to blame. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly type: ErrorType;
    readonly param: string | null;
  };
}

/** By how much a prompt is too long. */
export interface ContextExcess {
  readonly promptTokens: number;
  /** False where the tokens of the prompt are an estimate. */
  readonly exact: boolean;
  /** Tokens of the context that is served. */
  readonly contextLength: number;
}

/** Why somebody may not do what they asked for, in a word. */
export type DenialReason = 'role' | 'model' | 'tier' | 'host' | 'origin';

/** What metrics and the log are told of a refusal. It is never sent, and never a key. */
export interface RefusalTrace {
  /** One of a few words. */
  readonly reason: string;
  /** Id of the key that came with the request, where it is one of ours and not good any more. */
  readonly key?: string;
}

interface ApiErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly status?: number;
  readonly param?: string;
  readonly retryAfterSeconds?: number;
  readonly lasting?: boolean;
  readonly origin?: ErrorOrigin;
  readonly lost?: LostPart;
  readonly excess?: ContextExcess;
  readonly trace?: RefusalTrace;
  readonly cause?: unknown;
}

/**
 * The one error a client may see. Its message is safe to show and says what to do next; the cause is for the log only.
 * Build it with the named functions of this file.
 */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly param: string | undefined;
  /** Whole seconds for the `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;
  /** Whether the same request would fail again, however often it is sent. */
  readonly lasting: boolean;
  readonly origin: ErrorOrigin | undefined;
  /** Set where the request itself is not to blame, so that it may be tried again; for the engine, never sent. */
  readonly lost: LostPart | undefined;
  /** Set where a prompt is too long for the context as it is served; for the engine, never sent beyond the message. */
  readonly excess: ContextExcess | undefined;
  /** Set where somebody was refused for who they are: 401 and 403. */
  readonly trace: RefusalTrace | undefined;

  constructor(fields: ApiErrorFields) {
    super(fields.message, { cause: fields.cause });
    this.name = 'ApiError';
    this.code = fields.code;
    this.status = fields.status ?? ERROR_CODES[fields.code].status;
    this.type = ERROR_CODES[fields.code].type;
    this.param = fields.param;
    this.retryAfterSeconds = fields.retryAfterSeconds;
    this.lasting = fields.lasting ?? false;
    this.origin = fields.origin;
    this.lost = fields.lost;
    this.excess = fields.excess;
    this.trace = fields.trace;
  }

  /** The OpenAI error body of this error. */
  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message, type: this.type, param: this.param ?? null } };
  }
}

/** 400 unless another 4xx is given: the request cannot be understood; `param` is the path of the bad field. */
export function invalidRequest(
  message: string,
  options: { param?: string; status?: 400 | 405 | 408 | 415 | 431; cause?: unknown } = {},
): ApiError {
  return new ApiError({ code: 'invalid_request', message, ...options });
}

/** 401: the key is missing or not good; the message says which. */
export function invalidApiKey(message: string, options: { origin?: ErrorOrigin; trace?: RefusalTrace } = {}): ApiError {
  return new ApiError({ code: 'invalid_api_key', message, origin: 'gateway', ...options });
}

/** 403: the caller is known and may not do this; `param` is the field or header to change. */
export function permissionDenied(message: string, options: { reason: DenialReason; param?: string }): ApiError {
  const { reason, ...rest } = options;
  return new ApiError({ code: 'permission_denied', message, origin: 'gateway', trace: { reason }, ...rest });
}

/** 404: no runtime has the model. */
export function modelNotFound(message: string): ApiError {
  return new ApiError({ code: 'model_not_found', message, param: 'model' });
}

/** 404: no such path, or nothing under the id that `param` carries. */
export function notFound(message: string, options: { param?: string } = {}): ApiError {
  return new ApiError({ code: 'not_found', message, ...options });
}

/** The same error in the words of another dialect: what the client has to change there. */
export function reworded(error: ApiError, { message, param }: { message: string; param: string }): ApiError {
  const { code, status, retryAfterSeconds, origin, trace, cause } = error;
  return new ApiError({
    code,
    status,
    message,
    param,
    cause,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(origin === undefined ? {} : { origin }),
    ...(trace === undefined ? {} : { trace }),
  });
}

/** What keeps the context of a model from being larger: what it was made for, or the memory there is. */
export type ContextBound = 'model' | 'memory';

/** What to do about a prompt that is too long. */
const WAY_OUT: Readonly<Record<ContextBound, string>> = {
  model: 'That is all that the model takes: shorten {what}, or ask a model with a longer context.',
  memory: 'There is no memory for more: shorten {what}, ask a smaller model, or give the models more memory.',
};

/**
 * 413: the prompt does not fit.
 * @param promptTokens tokens of the prompt; `exact` is false where the runtime only lets us estimate them
 * @param contextLength tokens of the context: as it is served, or the most that could be where `bound` is given
 * @param options `param` is the field to shorten: `messages` unless given, such as `prompt` or `input[3]`
 */
export function contextLengthExceeded(
  promptTokens: number,
  contextLength: number,
  options: { exact?: boolean; param?: string; bound?: ContextBound } = {},
): ApiError {
  const { exact = true, param = 'messages', bound } = options;
  const prompt = exact ? `${promptTokens}` : `about ${promptTokens}`;
  const [subject, object] = param === 'messages' ? ['The prompt', 'the messages'] : [param, 'it'];
  const way =
    bound === undefined
      ? `Shorten ${object}, or raise contextLength for this model in the catalog.`
      : WAY_OUT[bound].replace('{what}', object);
  return new ApiError({
    code: 'context_length_exceeded',
    message: `${subject} has ${prompt} tokens, but the context of this model is ${contextLength} tokens. ${way}`,
    param,
    excess: { promptTokens, exact, contextLength },
  });
}

/** 413: the body has too many bytes; `setting` bounds them. */
export function requestTooLarge(
  limitBytes: number,
  setting: 'MAX_BODY_BYTES' | 'MAX_MODEL_BYTES' = 'MAX_BODY_BYTES',
): ApiError {
  return new ApiError({
    code: 'request_too_large',
    message: `The body is larger than ${limitBytes} bytes. Send less, or raise ${setting}.`,
  });
}

/** 429: over the limit of the tier; `retryAfterSeconds` says when a request is let in again. */
export function rateLimited(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError({ code: 'rate_limited', message, retryAfterSeconds, origin: 'gateway' });
}

/** 503: the queue of the tier is full. */
export function queueFull(tier: string, length: number, retryAfterSeconds: number): ApiError {
  return new ApiError({
    code: 'backend_unavailable',
    message: `The queue of tier ${tier} is full (${length} requests wait). Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
    origin: 'engine',
  });
}

/** 503: something behind us is not there; the message names it and the way out. */
export function backendUnavailable(
  message: string,
  options: { origin?: ErrorOrigin; cause?: unknown; retryAfterSeconds?: number; lost?: LostPart } = {},
): ApiError {
  return new ApiError({ code: 'backend_unavailable', message, ...options });
}

/** Digits after the point with which two sizes in GiB are told; more where they would look the same. */
const GIB_DIGITS = [1, 2, 3] as const;

/** 503: the model needs more memory than this machine can free. Both figures in bytes. */
export function insufficientMemory(neededBytes: number, availableBytes: number): ApiError {
  const gib = (bytes: number, digits: number): string => (Math.max(0, bytes) / 2 ** 30).toFixed(digits);
  const digits = GIB_DIGITS.find((each) => gib(neededBytes, each) !== gib(availableBytes, each)) ?? 3;
  const [needed, available] = [gib(neededBytes, digits), gib(availableBytes, digits)];
  return new ApiError({
    code: 'backend_unavailable',
    message: `Model requires more system memory (${needed} GiB) than is available (${available} GiB)`,
    origin: 'engine',
  });
}

/** 503: an adapter needs more memory over its loaded base than this machine can free. Both figures in bytes. */
export function insufficientMemoryForAdapter(adapter: string, neededBytes: number, availableBytes: number): ApiError {
  const mib = (bytes: number): string => Math.ceil(Math.max(0, bytes) / 2 ** 20).toString();
  return new ApiError({
    code: 'backend_unavailable',
    message: `The adapter ${adapter} requires ${mib(neededBytes)} MiB of memory besides its base, but ${mib(availableBytes)} MiB are available. Try again when other models have left, or lower contextLength or parallel of the base in the catalog.`,
    origin: 'engine',
  });
}

/** The same error under the status that a dialect gives it. */
export function withStatus(error: ApiError, status: number): ApiError {
  const { code, message, param, retryAfterSeconds, origin, cause } = error;
  return new ApiError({
    code,
    message,
    status,
    cause,
    ...(param === undefined ? {} : { param }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(origin === undefined ? {} : { origin }),
  });
}

/** 504: the time of the tier is over. */
export function inferenceTimeout(message: string, options: { origin?: ErrorOrigin; cause?: unknown } = {}): ApiError {
  return new ApiError({ code: 'inference_timeout', message, ...options });
}

/** 500: a fault of ours. The text is fixed; the cause goes to the log. */
export function internalError(cause: unknown): ApiError {
  return new ApiError({
    code: 'internal_error',
    message: 'An internal error occurred. The log has more under this request id.',
    cause,
  });
}

/** The same error about another field: where its path stands in the message, the new one does. */
export function relocated(error: ApiError, param: string): ApiError {
  const { code, status, retryAfterSeconds, origin, cause } = error;
  const message = error.param === undefined ? error.message : error.message.replace(error.param, param);
  return new ApiError({
    code,
    message,
    status,
    param,
    cause,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(origin === undefined ? {} : { origin }),
  });
}

/** The same error, which the same request would meet again however often it is sent. */
export function lasting(error: ApiError): ApiError {
  const { code, message, status, origin, cause } = error;
  return new ApiError({ code, message, status, cause, lasting: true, ...(origin === undefined ? {} : { origin }) });
}

/** Any thrown value as an {@link ApiError}; what is not one already becomes an internal error. */
export function toApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : internalError(thrown);
}
