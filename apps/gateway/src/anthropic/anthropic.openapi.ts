import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AnthropicCountRequest, AnthropicMessagesRequest } from '@local-llm-agent/contracts';
import { DescribeResponseHeaders } from '../http/errors.openapi.js';

const integer = { type: 'integer' };
const text = { type: 'string' };

const message = {
  type: 'object',
  required: ['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage'],
  properties: {
    id: { type: 'string', example: 'msg_abc123' },
    type: { type: 'string', enum: ['message'] },
    role: { type: 'string', enum: ['assistant'] },
    model: { type: 'string', description: 'The name asked for, or the model that answered when a fallback did' },
    content: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string', enum: ['text', 'thinking', 'tool_use'] } },
      },
    },
    stop_reason: { type: 'string', enum: ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use'] },
    stop_sequence: { type: 'string', nullable: true },
    usage: {
      type: 'object',
      required: ['input_tokens', 'output_tokens'],
      properties: { input_tokens: integer, output_tokens: integer },
    },
  },
};

const error = {
  type: 'object',
  required: ['type', 'error', 'request_id'],
  properties: {
    type: { type: 'string', enum: ['error'] },
    error: { type: 'object', required: ['type', 'message'], properties: { type: text, message: text } },
    request_id: text,
  },
};

/** What the statuses mean, in Anthropic's types. */
const ERRORS: readonly (readonly [number, string])[] = [
  [400, '`invalid_request_error`: the message names the bad parameter'],
  [404, '`not_found_error`: no runtime has this model'],
  [408, '`invalid_request_error`: the body did not arrive in time'],
  [413, '`request_too_large`: the prompt is longer than the context of the model, or the body has too many bytes'],
  [415, '`invalid_request_error`: the content type is not JSON'],
  [429, '`rate_limit_error`: `Retry-After` says when to try again'],
  [500, '`api_error`: a fault of ours'],
  [503, '`overloaded_error` with `Retry-After`, or `api_error`'],
  [504, '`timeout_error`: the answer did not come within the time of the tier'],
];

function describeAnswer(status: { description: string; content: Record<string, { schema: object }> }): MethodDecorator {
  return applyDecorators(
    ApiTags('Anthropic'),
    ApiHeader({ name: 'anthropic-version', required: false, description: 'Accepted, without effect' }),
    ApiHeader({ name: 'anthropic-beta', required: false, description: 'Accepted, without effect' }),
    ApiHeader({ name: 'X-Tier', required: false, schema: { type: 'string', enum: ['small', 'main'] } }),
    ApiHeader({ name: 'X-Request-ID', required: false, description: 'Id for the logs; echoed, as request-id too' }),
    ApiResponse({ status: 200, ...status }),
    DescribeResponseHeaders(),
    ...ERRORS.map(([code, description]) =>
      ApiResponse({ status: code, description, content: { 'application/json': { schema: error } } }),
    ),
  );
}

/** OpenAPI description of the messages route. */
export function DescribeMessages(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Write the next message',
      description: 'Anthropic messages. With `stream: true` the answer is a stream of server-sent events.',
    }),
    ApiBody({ type: AnthropicMessagesRequest }),
    describeAnswer({
      description: 'The message, or its events',
      content: { 'application/json': { schema: message }, 'text/event-stream': { schema: text } },
    }),
  );
}

/** OpenAPI description of the token count. */
export function DescribeCountTokens(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Count the tokens of a prompt',
      description:
        'Counted by the tokenizer of the model. The header X-Token-Count says `exact`, or `estimate` where a runtime does not lend its tokenizer.',
    }),
    ApiBody({ type: AnthropicCountRequest }),
    describeAnswer({
      description: 'The count',
      content: {
        'application/json': {
          schema: { type: 'object', required: ['input_tokens'], properties: { input_tokens: integer } },
        },
      },
    }),
  );
}
