import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  DeletedResponseResource,
  ResponseItemPageResource,
  ResponseRequest,
  ResponseResource,
  ResponseStreamOptions,
} from '@local-llm-agent/contracts';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';

const QUESTION = { model: 'auto', input: 'What is 2+2?' } as const;

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const EXAMPLES = {
  plain: { ...QUESTION, max_output_tokens: 100 },
  streamed: { ...QUESTION, stream: true, store: false },
  'with instructions': { ...QUESTION, instructions: 'Answer in one word.', metadata: { topic: 'sums' } },
  'with a tool': {
    model: 'main',
    input: [{ role: 'user', content: 'How is the weather in Paris?' }],
    tools: [{ type: 'function', name: 'weather', description: 'Weather of a city', parameters: CITY, strict: true }],
  },
  'in a form': {
    model: 'main',
    input: 'Which city is the capital of France?',
    text: { format: { type: 'json_schema', name: 'capital', schema: CITY, strict: true } },
  },
};

const STREAM =
  'Server-sent events of OpenAI, typed and numbered: from `response.created` to `response.completed` or ' +
  '`response.incomplete`, or to `response.failed` and `error`.';

type Decorator = MethodDecorator & ClassDecorator;

const DescribeId = (): Decorator =>
  ApiParam({ name: 'response_id', description: 'Id of a stored response', schema: { type: 'string' } });

const DescribeInclude = (): Decorator =>
  ApiQuery({
    name: 'include',
    required: false,
    description: 'What can be included always is',
    schema: { type: 'array', items: { type: 'string', enum: ['message.output_text.logprobs'] } },
  });

/** OpenAPI description of making a response. */
export function DescribeCreate(): MethodDecorator {
  return DescribeTokenRoute({
    summary: 'Make a response',
    description:
      'OpenAI responses: a chat that is stored unless `store` is false, and goes on by `previous_response_id`.',
    request: ResponseRequest,
    answer: ResponseResource,
    stream: STREAM,
    examples: EXAMPLES,
    parts: [ResponseStreamOptions],
  });
}

/** OpenAPI description of asking for a stored response. */
export function DescribeRetrieve(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({ summary: 'Show a stored response' }),
    DescribeId(),
    DescribeInclude(),
    ApiQuery({ name: 'stream', required: false, schema: { type: 'string', enum: ['false'] } }),
    ApiOkResponse({ type: ResponseResource, headers: ANSWER_HEADERS }),
    DescribeErrors(400, 404, 431, 500, 503),
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
    ApiOkResponse({ type: ResponseItemPageResource, headers: ANSWER_HEADERS }),
    DescribeErrors(400, 404, 431, 500, 503),
  );
}

/** OpenAPI description of forgetting a stored response. */
export function DescribeDelete(): MethodDecorator {
  return applyDecorators(
    ApiTags('OpenAI'),
    ApiOperation({ summary: 'Delete a stored response' }),
    DescribeId(),
    ApiOkResponse({ type: DeletedResponseResource, headers: ANSWER_HEADERS }),
    DescribeErrors(400, 404, 431, 500, 503),
  );
}
