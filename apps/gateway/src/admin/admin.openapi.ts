import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { EngineStatus, ErrorObject } from '@local-llm-agent/contracts';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';

/** Data of an event that is a JSON text of this class. */
function jsonOf(schema: typeof EngineStatus | typeof ErrorObject): object {
  return { type: 'string', contentMediaType: 'application/json', contentSchema: { $ref: getSchemaPath(schema) } };
}

/** OpenAPI description of the stream of states. */
export function DescribeEvents(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'The state of GET /admin/residency as server-sent events',
      description:
        'One event `status` at once, and at most one a second while something changes. While the engine does not answer, one event `unavailable` with the error. Comments come as heartbeats.',
    }),
    ApiExtraModels(EngineStatus, ErrorObject),
    ApiResponse({
      status: 200,
      description: 'A stream without end',
      headers: ANSWER_HEADERS,
      content: {
        'text/event-stream': {
          schema: {
            type: 'object',
            required: ['event', 'data'],
            properties: {
              event: { type: 'string', enum: ['status', 'unavailable'] },
              data: { anyOf: [jsonOf(EngineStatus), jsonOf(ErrorObject)] },
            },
          },
        },
      },
    }),
    DescribeErrors(403, 431, 500, 503),
  );
}
