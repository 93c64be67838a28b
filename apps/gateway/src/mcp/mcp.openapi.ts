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
  additionalProperties: false,
};

const rpcError = {
  type: 'object',
  required: ['jsonrpc', 'id', 'error'],
  properties: {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    id: { type: 'string', nullable: true },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'integer' }, message: { type: 'string' } },
    },
  },
};

const event = {
  type: 'object',
  required: ['event', 'data'],
  description: 'An event of the stream: a notification, or the answer at the end.',
  properties: {
    event: { type: 'string', enum: ['message'] },
    data: { type: 'string', contentMediaType: 'application/json' },
  },
};

/** Why a body never became messages: status -> reason. The errors of messages are answers with 200. */
const REFUSALS = {
  400: 'The body is not JSON-RPC, or the protocol version is not spoken here',
  406: 'Accept does not name both application/json and text/event-stream',
  408: 'The body did not arrive in time',
  413: 'The body is too large',
  415: 'The body is not JSON',
  500: 'A fault of ours',
  503: 'The store of keys does not answer',
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

const request = (method: string, params: object): { value: object } => ({
  value: { jsonrpc: '2.0', id: 1, method, params },
});

const CLIENT = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'example', version: '1.0.0' },
};

const MESSAGES = {
  'begin a session': request('initialize', CLIENT),
  'list the tools': request('tools/list', {}),
  'call a tool': request('tools/call', { name: 'summarize', arguments: { text: 'A long text.' } }),
};

const ARGUMENTS = {
  'of summarize': { value: { text: 'A long text.' } },
  'of rewrite': { value: { text: 'It does not start.', style: 'friendly' } },
};

/** OpenAPI description of the MCP endpoint. */
export function DescribeMcp(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Speak MCP',
      description:
        'Streamable HTTP of the Model Context Protocol, without state; `Accept` must name application/json and text/event-stream. Also at `POST /`.',
    }),
    ApiHeader({ name: 'Mcp-Session-Id', required: false, schema: { type: 'string' } }),
    ApiBody({ schema: { oneOf: [message, { type: 'array', minItems: 1, items: message }] }, examples: MESSAGES }),
    ApiResponse({
      status: 200,
      headers: ANSWER_HEADERS,
      description: 'The answer, or the stream of a tool call',
      content: { 'application/json': { schema: object }, 'text/event-stream': { schema: event } },
    }),
    ApiResponse({ status: 202, headers: ANSWER_HEADERS, description: 'A notification was taken' }),
    ...Object.entries(REFUSALS).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        headers: ANSWER_HEADERS,
        content: { 'application/json': { schema: rpcError } },
      }),
    ),
    DescribeErrors(431),
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
    DescribeErrors(431, 500, 503),
  );
}

/** OpenAPI description of a call of a tool. */
export function DescribeToolCall(names: readonly string[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Call a tool' }),
    ApiParam({ name: 'name', schema: { type: 'string', enum: [...names] } }),
    ApiBody({ description: 'The arguments; GET /mcp/tools has their schemas', schema: object, examples: ARGUMENTS }),
    ApiResponse({
      status: 200,
      headers: ANSWER_HEADERS,
      description: 'Its result',
      content: { 'application/json': { schema: object } },
    }),
    DescribeErrors(400, 404, 408, 413, 415, 429, 431, 500, 503, 504),
  );
}
