import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ERROR_CODES, ErrorObject } from '@local-llm-agent/contracts';

/** Header -> what it says. */
export type Headers = Readonly<Record<string, { readonly description: string; readonly schema: object }>>;

/** Headers that every answer carries. */
export const ANSWER_HEADERS = {
  'X-Request-ID': { description: 'The id of the request, for the logs', schema: { type: 'string' } },
  'X-Latency-Ms': { description: 'Milliseconds until the first byte of the answer', schema: { type: 'integer' } },
} as const;

const windowHeaders = (unit: 'Requests' | 'Tokens'): Record<string, { description: string; schema: object }> => ({
  [`X-RateLimit-Limit-${unit}`]: { description: `${unit} a minute`, schema: { type: 'integer' } },
  [`X-RateLimit-Remaining-${unit}`]: {
    description: `${unit} that are left, this request counted`,
    schema: { type: 'integer' },
  },
  [`X-RateLimit-Reset-${unit}`]: {
    description: `Time until all ${unit.toLowerCase()} are there again, such as 1m0s`,
    schema: { type: 'string' },
  },
});

/** Headers of answers whose request was counted, where the limit is on. */
export const LIMIT_HEADERS = { ...windowHeaders('Requests'), ...windowHeaders('Tokens') };

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait before the next try', schema: { type: 'integer' } },
} as const;

const ALLOW = { Allow: { description: 'The methods that there are', schema: { type: 'string' } } } as const;

const ERROR_HEADERS = {
  ...ANSWER_HEADERS,
  'X-Error-Origin': {
    description: 'Who failed, where it was not the client',
    schema: { type: 'string', enum: ['gateway', 'engine', 'runtime'] },
  },
} as const;

/** Too large headers are found before the path is known, so there is no dialect yet. */
const BEFORE_DIALECTS = 431;

/** Statuses that share the code `invalid_request`, and what they mean. */
const INVALID: Readonly<Record<number, string>> = {
  405: 'The path has no such method; `Allow` lists those that it has.',
  408: 'The request did not arrive in time.',
  415: 'The body is not JSON, is compressed, or says nothing of its type.',
  431: 'The headers are too large.',
};

function descriptionOf(status: number): string {
  const meanings = Object.entries(ERROR_CODES).filter(([, entry]) => entry.status === status);
  const texts = meanings.map(([code, entry]) => `\`${code}\`: ${entry.meaning}`);
  const invalid = INVALID[status];
  return [...texts, ...(invalid === undefined ? [] : [`\`invalid_request\`: ${invalid}`])].join('\n\n');
}

/** How the errors of a dialect look. */
interface ErrorForm {
  readonly body: Type;
  /** Headers that every answer has besides those of all paths. */
  readonly headers?: Headers;
  /** Headers of a 429, besides OpenAI's. */
  readonly limits?: Headers;
}

function toResponse(status: number, description: string, form: ErrorForm): MethodDecorator & ClassDecorator {
  const isEarly = status === BEFORE_DIALECTS;
  const isOther = isEarly && form.body !== ErrorObject;
  return ApiResponse({
    status,
    description: isOther ? `${description} The form is that of OpenAI: the path is not known then.` : description,
    headers: {
      ...(isEarly ? ANSWER_HEADERS : { ...ERROR_HEADERS, ...form.headers }),
      ...(status === 405 ? ALLOW : {}),
      ...(status === 429 ? { ...LIMIT_HEADERS, ...form.limits } : {}),
      ...(status === 429 || status === 503 ? RETRY_AFTER : {}),
    },
    content: { 'application/json': { schema: { $ref: getSchemaPath(isEarly ? ErrorObject : form.body) } } },
  });
}

/** OpenAPI description of errors in the form of a dialect: status -> what it means. */
export function DescribeErrorsAs(
  body: Type,
  meanings: Readonly<Record<number, string>>,
  more: Omit<ErrorForm, 'body'> = {},
): MethodDecorator {
  const form = { body, ...more };
  return applyDecorators(
    ApiExtraModels(body, ErrorObject),
    ...Object.entries(meanings).map(([status, description]) => toResponse(Number(status), description, form)),
  );
}

/** OpenAPI description of errors by status, from the one table of codes. */
export function DescribeErrors(...statuses: readonly number[]): MethodDecorator {
  return DescribeErrorsAs(ErrorObject, Object.fromEntries(statuses.map((status) => [status, descriptionOf(status)])));
}
