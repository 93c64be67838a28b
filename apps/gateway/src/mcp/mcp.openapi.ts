import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';

const object = { type: 'object', additionalProperties: true } as const;

const message = {
  type: 'object',
  required: ['jsonrpc', 'method'],
  properties: {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    id: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    method: { type: 'string', example: 'tools/call' },
    params: object,
  },
};

const tool = {
  type: 'object',
  required: ['name', 'description', 'version', 'parameters'],
  properties: {
    name: { type: 'string' },
    description: { type: 'string' },
    version: { type: 'string' },
    parameters: { ...object, description: 'JSON schema of the arguments' },
  },
};

/** OpenAPI description of the MCP endpoint. */
export function DescribeMcp(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Speak MCP',
      description: 'Streamable HTTP of the Model Context Protocol, without state. Also at `POST /`.',
    }),
    ApiHeader({
      name: 'Accept',
      required: true,
      schema: { type: 'string' },
      example: 'application/json, text/event-stream',
    }),
    ApiHeader({ name: 'Mcp-Session-Id', required: false, schema: { type: 'string' } }),
    ApiBody({ schema: message }),
    ApiResponse({
      status: 200,
      headers: ANSWER_HEADERS,
      description: 'The answer, or the stream of a tool call',
      content: { 'application/json': { schema: object }, 'text/event-stream': { schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 202, description: 'A notification was taken' }),
    ApiResponse({ status: 406, description: 'Accept names not both content types' }),
    DescribeErrors(400, 408, 413, 415, 431, 500),
  );
}

/** OpenAPI description of the list of tools. */
export function DescribeTools(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'List the tools' }),
    ApiResponse({
      status: 200,
      headers: ANSWER_HEADERS,
      description: 'The tools',
      content: {
        'application/json': {
          schema: { type: 'object', required: ['tools'], properties: { tools: { type: 'array', items: tool } } },
        },
      },
    }),
  );
}

/** OpenAPI description of a call of a tool. */
export function DescribeToolCall(names: readonly string[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Call a tool' }),
    ApiParam({ name: 'name', schema: { type: 'string', enum: [...names] } }),
    ApiBody({ description: 'The arguments', schema: object }),
    ApiResponse({
      status: 200,
      headers: ANSWER_HEADERS,
      description: 'Its result',
      content: { 'application/json': { schema: object } },
    }),
    DescribeErrors(400, 404, 408, 413, 415, 429, 431, 500, 503, 504),
  );
}
