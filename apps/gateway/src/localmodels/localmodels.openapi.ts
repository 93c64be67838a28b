import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { LocalModelsChatRequest } from '@local-llm-agent/contracts';
import { DescribeResponseHeaders } from '../http/errors.openapi.js';

const integer = { type: 'integer' };

const answer = {
  type: 'object',
  required: ['response', 'model', 'usage'],
  properties: {
    response: { type: 'string' },
    model: { type: 'string', description: 'The name asked for, or the model that answered when a fallback did' },
    usage: {
      type: 'object',
      properties: { prompt_tokens: integer, completion_tokens: integer, total_tokens: integer },
    },
  },
};

const error = {
  type: 'object',
  required: ['detail', 'error'],
  properties: { detail: { type: 'string' }, error: { type: 'object' } },
};

/** The error of a status that LocalModels has. */
export function DescribeLocalModelsError(status: 400 | 500 | 503, description: string): MethodDecorator {
  return ApiResponse({ status, description, content: { 'application/json': { schema: error } } });
}

/** OpenAPI description of a LocalModels chat. */
export function DescribeLocalModelsChat(): MethodDecorator {
  return applyDecorators(
    ApiTags('LocalModels'),
    ApiOperation({
      summary: 'Ask a model one question',
      description:
        'With `stream: true` the answer comes as one JSON object a line: `response` holds the next piece of the text, the last line has `done` and `usage`; a line with `detail` is an error that ends the stream.',
    }),
    ApiHeader({ name: 'X-Tier', required: false, schema: { type: 'string', enum: ['small', 'main'] } }),
    ApiBody({ type: LocalModelsChatRequest }),
    ApiResponse({
      status: 200,
      description: 'The answer, or its lines',
      content: { 'application/json': { schema: answer }, 'application/x-ndjson': { schema: { type: 'string' } } },
    }),
    DescribeResponseHeaders(),
    DescribeLocalModelsError(400, 'A parameter is wrong, the model is not there, or the message is too long for it'),
    DescribeLocalModelsError(500, 'A fault of ours'),
    DescribeLocalModelsError(503, 'Too many requests, no memory for the model, no runtime, or no answer in time'),
  );
}
