import { ApiError, backendUnavailable, type ErrorOrigin } from './api-error.js';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

/**
 * The error that another tier of ours sent: its body read back into an {@link ApiError}.
 * A body that is not ours becomes `backend_unavailable`.
 */
export function parseErrorBody(
  status: number,
  body: string,
  options: { retryAfterSeconds?: number; lasting?: boolean; origin?: ErrorOrigin } = {},
): ApiError {
  try {
    const parsed = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; param?: unknown } } | null;
    const error = parsed?.error;
    if (error && isErrorCode(error.code) && typeof error.message === 'string') {
      return new ApiError({
        code: error.code,
        message: error.message,
        status,
        ...(typeof error.param === 'string' ? { param: error.param } : {}),
        ...options,
      });
    }
  } catch (cause) {
    return backendUnavailable(`The inference engine answered ${status} without a readable error.`, {
      ...options,
      cause,
    });
  }
  return backendUnavailable(`The inference engine answered ${status} without a readable error.`, options);
}
