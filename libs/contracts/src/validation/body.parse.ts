import { isUtf8 } from 'node:buffer';
import { validateSync, type ValidationError } from 'class-validator';
import { invalidRequest, type ApiError } from '../errors/api-error.js';
import type { FindProblem } from './located.constraint.js';

/** The bytes of a body as JSON. Throws `invalid_request` for what is not an object in valid UTF-8 JSON. */
export function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  if (!isUtf8(bytes)) throw invalidRequest('The body is not valid UTF-8.');
  const text = bytes.toString('utf8');
  if (text.trim() === '') throw invalidRequest('The body is empty. Send a JSON object.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidRequest(`The body is not valid JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('The body must be a JSON object.');
  if (Object.hasOwn(value, '__proto__')) throw invalidRequest('__proto__ is not a parameter.', { param: '__proto__' });
  return value as Record<string, unknown>;
}

function toInvalidRequest(error: ValidationError): ApiError {
  const [name, message] = Object.entries(error.constraints ?? {})[0] ?? ['', 'is invalid'];
  const context = error.contexts?.[name] as { find?: FindProblem } | undefined;
  const problem = context?.find?.(error.value);
  if (problem) return invalidRequest(`${problem.path} ${problem.message}.`, { param: problem.path });
  return invalidRequest(`${message}.`, { param: error.property });
}

/**
 * A parsed body as an instance of its DTO; unknown fields are kept. Throws `invalid_request` that names the first bad
 * parameter. An explicit null counts as not set wherever the DTO says so with `@IsOptional`.
 */
export function validateObject<T extends object>(dto: new () => T, plain: Record<string, unknown>): T {
  const instance = Object.assign(new dto(), plain);
  const errors = validateSync(instance, { stopAtFirstError: true, forbidUnknownValues: false });
  const first = errors[0];
  if (first) throw toInvalidRequest(first);
  return instance;
}
