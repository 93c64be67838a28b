import { isUtf8 } from 'node:buffer';
import { validateSync, type ValidationError } from 'class-validator';
import { invalidRequest, type ApiError } from '../errors/api-error.js';
import { findJsonFault } from './json-fault.parse.js';
import { MOST_DEPTH, outlineOf } from './json-text.parse.js';
import { countSoundMembers, hasSuspiciousEscape } from './json-value.policy.js';
import type { FindProblem, Problem } from './located.constraint.js';
import { isSoundObject } from './sound-object.policy.js';
import { isObject } from './value.policy.js';

/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function refuse(problem: Problem, cause?: unknown): ApiError {
  const { path, message } = problem;
  return invalidRequest(`${path === '' ? 'The body' : path} ${message}.`, {
    ...(path === '' ? {} : { param: path }),
    cause,
  });
}

function unreadable(text: string, cause: unknown): ApiError {
  if (text.trim() === '') return invalidRequest('The body is empty. Send a JSON object.');
  const fault = findJsonFault(text);
  if (fault) return refuse(fault, cause);
  return invalidRequest(`The body is not valid JSON: ${cause instanceof Error ? cause.message : 'unreadable'}.`, {
    cause,
  });
}

/**
 * A JSON text as its value. The parser of the language lets some things pass that must not reach a model: of two
 * members with one name it drops the first, and a text with NUL is cut by C libraries further down.
 * 1. Depth is bounded before anything is built.
 * 2. The parser checks the grammar.
 * 3. Members of the text and of the value are counted: a difference is a name that was given twice.
 * Only what fails here is read again, slowly, to name the place.
 */
function parseStrictly(text: string): unknown {
  // 1.
  const { depth, members } = outlineOf(text);
  if (depth > MOST_DEPTH)
    throw refuse(findJsonFault(text) ?? { path: '', message: `is nested deeper than ${MOST_DEPTH} levels` });
  let value: unknown;
  try {
    // 2.
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(text, cause);
  }
  // 3.
  if (countSoundMembers(value, hasSuspiciousEscape(text)) !== members)
    throw refuse(findJsonFault(text) ?? { path: '', message: 'has members with the same name' });
  return value;
}

/**
 * The bytes of a body as JSON. Throws `invalid_request` for what is not valid UTF-8 JSON, and for what parsers read in
 * different ways: names that are given twice, NUL, half characters, numbers without end.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalidRequest('The body is not valid UTF-8.');
  if (bytes.subarray(0, 3).equals(BYTE_ORDER_MARK))
    throw invalidRequest('The body begins with a byte order mark. Send it without.');
  return parseStrictly(bytes.toString('utf8'));
}

/** The bytes of a body as a JSON object; see {@link parseJson}. */
export function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  const value = parseJson(bytes);
  if (!isObject(value)) throw invalidRequest('The body must be a JSON object.');
  // A class is found by this name, and its checks by the class.
  if (Object.hasOwn(value, 'constructor')) throw refuse({ path: 'constructor', message: 'is not a parameter' });
  return value;
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
  if (isSoundObject(instance)) return instance;
  const errors = validateSync(instance, { stopAtFirstError: true, forbidUnknownValues: false });
  const first = errors[0];
  if (first) throw toInvalidRequest(first);
  return instance;
}
