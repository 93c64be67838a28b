import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';

/** OpenAPI description of the metrics. */
export function DescribeMetrics(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Metrics for Prometheus' }),
    ApiResponse({
      status: 200,
      description: 'All metrics, in the text format of Prometheus',
      headers: ANSWER_HEADERS,
      content: { 'text/plain': { schema: { type: 'string' } } },
    }),
    DescribeErrors(431, 500, 503),
  );
}
