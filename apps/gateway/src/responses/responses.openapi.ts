import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { ResponseRequest, ResponseStreamOptions } from '@local-llm-agent/contracts';
import { DescribeErrors, DescribeResponseHeaders } from '../http/errors.openapi.js';

const usage = {
  type: 'object',
  required: ['input_tokens', 'input_tokens_details', 'output_tokens', 'output_tokens_details', 'total_tokens'],
  properties: {
    input_tokens: { type: 'integer' },
    input_tokens_details: { type: 'object', properties: { cached_tokens: { type: 'integer' } } },
    output_tokens: { type: 'integer' },
    output_tokens_details: { type: 'object', properties: { reasoning_tokens: { type: 'integer' } } },
    total_tokens: { type: 'integer' },
  },
};

const item = {
  type: 'object',
  required: ['type', 'id'],
  additionalProperties: true,
  properties: {
    id: { type: 'string' },
    type: { type: 'string', enum: ['message', 'function_call', 'function_call_output', 'reasoning'] },
    status: { type: 'string', enum: ['in_progress', 'completed', 'incomplete'] },
  },
};

const response = {
  type: 'object',
  additionalProperties: true,
  required: ['id', 'object', 'created_at', 'model', 'status', 'output', 'error', 'incomplete_details'],
  properties: {
    id: { type: 'string', example: 'resp_0123456789abcdef0123456789abcdef' },
    object: { type: 'string', enum: ['response'] },
    created_at: { type: 'integer', description: 'Unix seconds' },
    completed_at: { type: 'integer', description: 'Unix seconds' },
    model: { type: 'string', description: 'The name asked for, or the model that answered when a fallback did' },
    status: { type: 'string', enum: ['completed', 'incomplete', 'failed', 'cancelled'] },
    output: { type: 'array', items: item },
    error: {
      type: 'object',
      nullable: true,
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
    incomplete_details: { type: 'object', nullable: true, properties: { reason: { type: 'string' } } },
    previous_response_id: { type: 'string', nullable: true },
    store: { type: 'boolean' },
    usage,
  },
};

const page = {
  type: 'object',
  required: ['object', 'data', 'first_id', 'last_id', 'has_more'],
  properties: {
    object: { type: 'string', enum: ['list'] },
    data: { type: 'array', items: item },
    first_id: { type: 'string', nullable: true },
    last_id: { type: 'string', nullable: true },
    has_more: { type: 'boolean' },
  },
};

const deleted = {
  type: 'object',
  required: ['id', 'object', 'deleted'],
  properties: {
    id: { type: 'string' },
    object: { type: 'string', enum: ['response.deleted'] },
    deleted: { type: 'boolean' },
  },
};

const DescribeId = (): MethodDecorator & ClassDecorator =>
  ApiParam({ name: 'response_id', description: 'Id of a stored response', schema: { type: 'string' } });

const DescribeInclude = (): MethodDecorator & ClassDecorator =>
  ApiQuery({ name: 'include', required: false, schema: { type: 'array', items: { type: 'string' } } });

/** OpenAPI description of making a response. */
export function DescribeCreate(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({
      summary: 'Make a response',
      description:
        'OpenAI responses. With `stream: true` the answer is a stream of typed server-sent events that ends with ' +
        '`response.completed`, `response.incomplete`, or `response.failed` and `error`.',
    }),
    ApiExtraModels(ResponseStreamOptions),
    ApiHeader({
      name: 'X-Tier',
      required: false,
      description: 'Forces a tier',
      schema: { type: 'string', enum: ['small', 'main'] },
    }),
    ApiHeader({ name: 'X-Request-ID', required: false, description: 'Id for the logs; echoed' }),
    ApiBody({ type: ResponseRequest }),
    ApiResponse({
      status: 200,
      description: 'The response, or its stream',
      content: { 'application/json': { schema: response }, 'text/event-stream': { schema: { type: 'string' } } },
    }),
    DescribeResponseHeaders(),
    DescribeErrors(400, 404, 408, 413, 415, 429, 500, 503, 504),
  );
}

/** OpenAPI description of asking for a stored response. */
export function DescribeRetrieve(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({ summary: 'Show a stored response' }),
    DescribeId(),
    DescribeInclude(),
    ApiQuery({ name: 'stream', required: false, schema: { type: 'string', enum: ['false'] } }),
    ApiOkResponse({ content: { 'application/json': { schema: response } } }),
    DescribeErrors(400, 404, 503),
  );
}

/** OpenAPI description of listing the input of a stored response. */
export function DescribeItems(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({
      summary: 'List what a stored response answered',
      description: 'The items of its own request; those of the responses before it are listed with them.',
    }),
    DescribeId(),
    DescribeInclude(),
    ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } }),
    ApiQuery({
      name: 'order',
      required: false,
      description: 'desc gives the newest first',
      schema: { type: 'string', enum: ['asc', 'desc'], default: 'desc' },
    }),
    ApiQuery({ name: 'after', required: false, description: 'Id of the last item before', schema: { type: 'string' } }),
    ApiOkResponse({ content: { 'application/json': { schema: page } } }),
    DescribeErrors(400, 404, 503),
  );
}

/** OpenAPI description of forgetting a stored response. */
export function DescribeDelete(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({ summary: 'Delete a stored response' }),
    DescribeId(),
    ApiOkResponse({ content: { 'application/json': { schema: deleted } } }),
    DescribeErrors(404, 503),
  );
}
