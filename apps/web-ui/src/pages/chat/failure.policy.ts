import type { AnswerFailure } from './chat.types';

/** Kinds of errors that a person does something different about. */
export type FailureKind =
  | 'unreachable'
  | 'cut'
  | 'key'
  | 'denied'
  | 'noModel'
  | 'tooLong'
  | 'tooLarge'
  | 'limited'
  | 'unavailable'
  | 'timeout'
  | 'invalid'
  | 'other';

const KIND_OF_CODE: Readonly<Record<string, FailureKind>> = {
  unreachable: 'unreachable',
  cut: 'cut',
  invalid_api_key: 'key',
  permission_denied: 'denied',
  model_not_found: 'noModel',
  context_length_exceeded: 'tooLong',
  request_too_large: 'tooLarge',
  rate_limited: 'limited',
  backend_unavailable: 'unavailable',
  inference_timeout: 'timeout',
  invalid_request: 'invalid',
};
const KIND_OF_STATUS: Readonly<Record<number, FailureKind>> = {
  400: 'invalid',
  401: 'key',
  403: 'denied',
  413: 'tooLarge',
  429: 'limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

/** Of what kind an error is: by its code, or by its status where something in between gave it. */
export function failureKind({ code, status }: Pick<AnswerFailure, 'code' | 'status'>): FailureKind {
  return KIND_OF_CODE[code] ?? KIND_OF_STATUS[status] ?? 'other';
}

const SECOND_MS = 1000;

/** Whole seconds until it may be tried again, 0 when it may be now. */
export function secondsToWait({ at, retryAfterSeconds = 0 }: AnswerFailure, now: number): number {
  return Math.max(0, Math.ceil((at + retryAfterSeconds * SECOND_MS - now) / SECOND_MS));
}
