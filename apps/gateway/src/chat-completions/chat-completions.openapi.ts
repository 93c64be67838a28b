import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ChatCompletionRequest, TextPart } from '@local-llm-agent/contracts';
import { DescribeErrors, DescribeResponseHeaders } from '../http/errors.openapi.js';

const usage = {
  type: 'object',
  required: ['prompt_tokens', 'completion_tokens', 'total_tokens'],
  properties: {
    prompt_tokens: { type: 'integer' },
    completion_tokens: { type: 'integer' },
    total_tokens: { type: 'integer' },
  },
};

const completion = {
  type: 'object',
  required: ['id', 'object', 'created', 'model', 'choices', 'usage'],
  properties: {
    id: { type: 'string', example: 'chatcmpl-abc123' },
    object: { type: 'string', enum: ['chat.completion'] },
    created: { type: 'integer', description: 'Unix seconds' },
    model: { type: 'string', description: 'The name asked for, or the model that answered when a fallback did' },
    choices: {
      type: 'array',
      items: {
        type: 'object',
        required: ['index', 'message', 'finish_reason'],
        properties: {
          index: { type: 'integer' },
          message: {
            type: 'object',
            properties: { role: { type: 'string', enum: ['assistant'] }, content: { type: 'string' } },
          },
          finish_reason: { type: 'string', enum: ['stop', 'length'] },
        },
      },
    },
    usage,
  },
};

/** OpenAPI description of the chat route. */
export function DescribeChatCompletions(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({
      summary: 'Answer a chat',
      description:
        'OpenAI chat completions. With `stream: true` the answer is a stream of server-sent events that ends with `[DONE]`.',
    }),
    ApiExtraModels(TextPart),
    ApiHeader({
      name: 'X-Tier',
      required: false,
      description: 'Forces a tier',
      schema: { type: 'string', enum: ['small', 'main'] },
    }),
    ApiHeader({ name: 'X-Request-ID', required: false, description: 'Id for the logs; echoed' }),
    ApiBody({ type: ChatCompletionRequest }),
    ApiResponse({
      status: 200,
      description: 'The answer, or its stream',
      content: { 'application/json': { schema: completion }, 'text/event-stream': { schema: { type: 'string' } } },
    }),
    DescribeResponseHeaders(),
    DescribeErrors(400, 404, 408, 413, 415, 429, 500, 503, 504),
  );
}
