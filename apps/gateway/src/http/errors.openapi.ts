import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ERROR_CODES } from '@local-llm-agent/contracts';

const schema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'type', 'param'],
      properties: {
        code: { type: 'string', enum: Object.keys(ERROR_CODES) },
        message: { type: 'string' },
        type: { type: 'string', enum: [...new Set(Object.values(ERROR_CODES).map((entry) => entry.type))] },
        param: { type: 'string', nullable: true },
      },
    },
  },
};

/** OpenAPI description of errors by status, from the one table of codes. */
export function DescribeErrors(...statuses: readonly number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => {
      const meanings = Object.entries(ERROR_CODES).filter(([, entry]) => entry.status === status);
      const description = meanings.map(([code, entry]) => `\`${code}\`: ${entry.meaning}`).join('\n\n');
      return ApiResponse({
        status,
        description: description || '`invalid_request`',
        content: { 'application/json': { schema } },
      });
    }),
  );
}

/** Headers that every answer carries. */
export function DescribeResponseHeaders(): MethodDecorator {
  return ApiResponse({
    status: 'default',
    description: 'Every answer',
    headers: {
      'X-Request-ID': { description: 'The id of the request', schema: { type: 'string' } },
      'X-Latency-Ms': { description: 'Milliseconds until the first byte of the answer', schema: { type: 'integer' } },
      'X-Tier': { description: 'The tier used', schema: { type: 'string', enum: ['small', 'main'] } },
      'X-Fallback-From': { description: 'The model asked for, when a fallback answered', schema: { type: 'string' } },
    },
  });
}
